"""One process a data directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from backend.errors import SettingError


def take(directory: Path) -> IO[str]:
    """Take the directory for this process; it is given back when the process ends, however it ends.

    Raises:
        SettingError: another process has it.
    """
    file = (directory / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise SettingError(
            f"{directory} is in use by process {owner}; one embedded store a data directory, stop the other first"
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
