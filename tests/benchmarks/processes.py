"""What a process that is measured uses, and when it is up."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import httpx

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_s(process_id: int) -> float:
    """CPU seconds of a process and all that live below it, and of their ended children."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    own = sum(int(field) for field in fields[11:15]) / _TICK
    tasks = Path(f"/proc/{process_id}/task").iterdir()
    return own + sum(cpu_s(int(child)) for task in tasks for child in (task / "children").read_text().split())


def resident_mib(process_id: int) -> float:
    """Memory of a process that is in RAM, in MiB."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until an address answers, whatever it says; end the run with the log where it does not in three minutes."""
    deadline = time.monotonic() + 180
    while True:
        try:
            httpx.get(url, timeout=10)
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{process.args!r} did not start:\n{log.read_text()[-2000:]}") from None
            time.sleep(0.1)
        else:
            return
