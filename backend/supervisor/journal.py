"""What the processes say: one stream with the name in front, and a rotated file for each."""

from __future__ import annotations

import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

_COLOURS = {"store": 34, "web": 32, "worker": 35, "beat": 36, "sample": 33}
_FILE_BYTES = 5 * 1024 * 1024
_FILES_KEPT = 3


class Journal:
    """Takes lines of all processes."""

    def __init__(self, folder: Path) -> None:
        """Write files into ``folder``, which only its owner may read: lines may quote what users said."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._files: dict[str, RotatingFileHandler] = {}
        self._coloured = sys.stdout.isatty()

    def line(self, name: str, text: str) -> None:
        """Write one line of one process."""
        mark = f"{name:>7} |"
        if self._coloured:
            mark = f"\033[{_COLOURS.get(name, 37)}m{mark}\033[0m"
        self.show(f"{mark} {text}\n")
        self._file(name).emit(logging.makeLogRecord({"msg": text}))

    def say(self, text: str) -> None:
        """Write a line of the supervisor itself."""
        self.line("assay", f"{time.strftime('%H:%M:%S')} {text}")

    def show(self, text: str) -> None:
        """Write to the terminal only: what must not stand in a file, such as a password."""
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except (BrokenPipeError, OSError):
            pass  # the terminal is gone; what is being stopped or kept has to go on

    def close(self) -> None:
        """Close all files."""
        for file in self._files.values():
            file.close()

    def _file(self, name: str) -> RotatingFileHandler:
        if name not in self._files:
            self._files[name] = RotatingFileHandler(
                self._folder / f"{name}.log", maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT, encoding="utf-8"
            )
        return self._files[name]
