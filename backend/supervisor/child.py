"""One process that is kept alive: started, watched, started again when it dies, and asked to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from backend.supervisor.commands import Program
from backend.supervisor.journal import Journal
from backend.supervisor.probe import answers

ROOT = Path(__file__).resolve().parents[2]
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
# Who lived this long was well; the next death starts with the shortest delay again.
STEADY_S = 60.0
_LONGEST_LINE = 64 * 1024


class Child:
    """A program and the process that runs it now."""

    def __init__(
        self, program: Program, journal: Journal, home: Path, *, environ: Mapping[str, str] | None = None
    ) -> None:
        self.program = program
        self.deaths = 0
        self.last_words: deque[str] = deque(maxlen=15)
        self._journal = journal
        self._home = home
        self._environ = {**(environ or os.environ), **program.environ, "PYTHONUNBUFFERED": "1"}
        self._process: asyncio.subprocess.Process | None = None
        self._started_at = 0.0
        self._stopping = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def keep(self) -> None:
        """Run, and run again whenever it dies, until ``stop``."""
        delay = FIRST_DELAY_S
        while not self._stopping.is_set():
            code = await self.run()
            if self._stopping.is_set():
                return
            self.deaths += 1
            delay = FIRST_DELAY_S if time.time() - self._started_at > STEADY_S else delay
            self._journal.say(f"{self.program.name} {reason(code)}; it starts again in {delay:g} s")
            await self._pause(delay)
            delay = min(delay * 2, LONGEST_DELAY_S)

    async def run(self, *, pass_fds: tuple[int, ...] = ()) -> int:
        """Run once, taking in what it says, and return how it ended."""
        self._started_at = time.time()
        self._process = await asyncio.create_subprocess_exec(
            *launch(self.program),
            cwd=ROOT,
            env=self._environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C reaches the supervisor alone, which ends them in order
            pass_fds=pass_fds,
        )
        listening = asyncio.create_task(self._listen(self._process))
        code = await self._process.wait()
        # Grandchildren may hold the pipe open; what the process itself said is read by then.
        await asyncio.wait({listening}, timeout=1)
        listening.cancel()
        return code

    async def is_ready(self) -> bool:
        """Whether the process that runs now answers."""
        if self.pid is None:
            return False
        if self.program.pulse:
            beat = pulse_path(self._home, self.program.name)
            return beat.exists() and beat.stat().st_mtime >= self._started_at
        return await asyncio.to_thread(answers, self.program.probe)

    async def stop(self) -> None:
        """Ask the process to end, wait its grace, then end it."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        _signal(process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), self.program.grace_s)
        except TimeoutError:
            self._journal.say(f"{self.program.name} did not end within {self.program.grace_s:g} s and is killed")
            self.kill()
            await process.wait()

    def kill(self) -> None:
        """End the process and whatever it started, now."""
        if self.pid is not None:
            _signal(self.pid, signal.SIGKILL)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - opened as a pipe above
        rest = b""
        while chunk := await process.stdout.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._take(line)
        if rest:
            self._take(rest)

    def _take(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
        self.last_words.append(text)
        self._journal.line(self.program.name, text)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def launch(program: Program) -> tuple[str, ...]:
    """How the supervisor starts a program: through a step that ties its life to the supervisor's."""
    return (sys.executable, "-m", "backend.supervisor.tie", str(os.getpid()), *program.command)


def pulse_path(home: Path, name: str) -> Path:
    """The file that a process without an address touches while it lives."""
    return home / "run" / f"{name}.pulse"


def reason(code: int) -> str:
    """Why a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name
    return f"was killed by {name}" + (" (by hand, or the machine ran out of memory)" if name == "SIGKILL" else "")


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        if number == signal.SIGKILL:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        pass
