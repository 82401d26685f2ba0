"""The whole product under its real supervisor, in a home folder of a test's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.settings import free_port

ROOT = Path(__file__).parents[1]


def printed_by(*command: str) -> str:
    """What a benchmark or an evaluation prints, run as ``python -m`` with the settings of nobody."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    found = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300
    )
    assert found.returncode == 0, found.stderr[-3000:]
    return found.stdout


class Running:
    """A real supervisor in a home folder of its own."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self.port, self.store_port = free_port(), free_port()
        self.log = home.parent / "terminal"
        tests_own = ("ASSAY_", "DJANGO_", "PYTEST_")
        environ = {name: text for name, text in os.environ.items() if not name.startswith(tests_own)}
        environ |= {"ASSAY_HOME": str(home), "ASSAY_PORT": str(self.port), "ASSAY_STORE_PORT": str(self.store_port)}
        environ |= {"ASSAY_GRPC_PORT": "0"}
        environ |= {f"ASSAY_{name.upper()}": text for name, text in settings.items()}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "backend.supervisor"], cwd=ROOT, env=environ, stdout=log, stderr=log
            )

    @property
    def url(self) -> str:
        """Where the web server answers."""
        return f"http://127.0.0.1:{self.port}"

    def pid_of(self, part: str) -> int | None:
        """The process whose command line holds ``part``, among the supervisor's children."""
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        for line in listed.stdout.splitlines():
            pid, parent, command = line.split(maxsplit=2)
            if int(parent) == self.process.pid and part in command:
                return int(pid)
        return None

    def kill(self, part: str) -> int:
        """End a process as a crash does, and return its id."""
        pid = self.pid_of(part)
        assert pid, f"no process with {part!r}"
        os.kill(pid, signal.SIGKILL)
        return pid

    def said(self) -> str:
        """Everything on the terminal so far."""
        return self.log.read_text()

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait, and show the terminal where it takes too long or the supervisor ends."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None:
                pytest.fail(f"it did not come about:\n{self.said()[-4000:]}")
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask to stop as Ctrl-C does and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts supervisors and ends what a failed test left."""
    started: list[Running] = []

    def begin(**settings: str) -> Running:
        started.append(Running(tmp_path / "home", **{"sample": "0", **settings}))
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            running.stop(signal.SIGTERM)
