"""A process is kept alive, its lines are taken in, and it ends when asked."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from backend.supervisor import child as child_module
from backend.supervisor.child import Child, pulse_path, reason
from backend.supervisor.commands import Program
from backend.supervisor.journal import Journal


def _program(script: str, *, grace_s: float = 5, pulse: bool = False) -> Program:
    return Program(name="web", command=(sys.executable, "-c", script), grace_s=grace_s, pulse=pulse)


async def _until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.02)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Lines go to files of this test."""
    return Journal(tmp_path / "logs")


def test_a_process_that_is_killed_starts_again_and_the_log_says_why(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kill -9` of a child brings a new one with another pid, and the signal's name stands in the log."""
    monkeypatch.setattr(child_module, "FIRST_DELAY_S", 0.05)
    child = Child(_program("import time; time.sleep(60)"), journal, tmp_path)

    async def story() -> None:
        keeping = asyncio.create_task(child.keep())
        await _until(lambda: child.pid is not None)
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await _until(lambda: child.pid not in {None, first})
        await child.stop()
        await keeping

    asyncio.run(story())
    assert child.deaths == 1
    assert "web was killed by SIGKILL" in (tmp_path / "logs" / "assay.log").read_text()


def test_pauses_between_starts_grow(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies at once is not started in a tight loop."""
    monkeypatch.setattr(child_module, "FIRST_DELAY_S", 0.01)
    child = Child(_program("raise SystemExit(3)"), journal, tmp_path)

    async def story() -> None:
        keeping = asyncio.create_task(child.keep())
        await _until(lambda: child.deaths >= 3)
        await child.stop()
        await keeping

    asyncio.run(story())
    log = (tmp_path / "logs" / "assay.log").read_text()
    assert "ended with exit code 3; it starts again in 0.01 s" in log
    assert "starts again in 0.02 s" in log
    assert "starts again in 0.04 s" in log


def test_lines_reach_the_stream_and_a_file(
    journal: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both streams of a process, a line without an end and one of 200 kB come through with its name in front."""
    script = "import sys; print('one'); print('two', file=sys.stderr); print('x' * 200_000); sys.stdout.write('last')"
    child = Child(_program(script), journal, tmp_path)
    assert asyncio.run(child.run()) == 0
    shown = capsys.readouterr().out
    kept = (tmp_path / "logs" / "web.log").read_text()
    for line in ("one", "two", "last"):
        assert f"    web | {line}\n" in shown
        assert f"{line}\n" in kept
    assert shown.count("x") == 200_000


def test_a_process_that_does_not_end_is_killed_after_its_grace(journal: Journal, tmp_path: Path) -> None:
    """SIGTERM that is not heeded is followed by SIGKILL, said in the log."""
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    child = Child(_program(script, grace_s=0.2), journal, tmp_path)

    async def story() -> int:
        running = asyncio.create_task(child.run())
        await _until(lambda: "up" in child.last_words)
        await child.stop()
        return await running

    assert asyncio.run(story()) == -signal.SIGKILL
    assert "did not end within 0.2 s and is killed" in (tmp_path / "logs" / "assay.log").read_text()


def test_a_pulse_of_an_earlier_process_is_not_readiness(journal: Journal, tmp_path: Path) -> None:
    """Only a touch after the start counts."""
    pulse = pulse_path(tmp_path, "web")
    pulse.parent.mkdir()
    pulse.touch()
    os.utime(pulse, (1, 1))
    script = f"import pathlib, sys, time; sys.stdin.read(); pathlib.Path({str(pulse)!r}).touch(); time.sleep(60)"
    slow = Child(_program(f"import time; time.sleep(0.5); {script}", pulse=True), journal, tmp_path)

    async def story() -> None:
        keeping = asyncio.create_task(slow.keep())
        await _until(lambda: slow.pid is not None)
        assert not await slow.is_ready()
        await _until(slow.is_ready)
        await slow.stop()
        await keeping

    asyncio.run(story())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's tie is Linux' own")
def test_a_killed_supervisor_leaves_no_process_behind(tmp_path: Path) -> None:
    """The child of a parent that was killed gets SIGTERM from the kernel."""
    parent = (
        "import asyncio, pathlib, sys; from backend.supervisor.child import Child; "
        "from backend.supervisor.commands import Program; from backend.supervisor.journal import Journal\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        f"program = Program(name='web', command=(sys.executable, '-c', {_TELL_PID!r}), grace_s=1)\n"
        "asyncio.run(Child(program, Journal(folder), folder, environ={'PIDFILE': str(folder / 'pid')}).run())"
    )

    async def story() -> None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", parent)
        await _until(lambda: (tmp_path / "pid").exists() and bool((tmp_path / "pid").read_text()))
        process.kill()
        await process.wait()
        pid = int((tmp_path / "pid").read_text())
        await _until(lambda: not _lives(pid))

    asyncio.run(story())


_TELL_PID = "import os, pathlib, time; pathlib.Path(os.environ['PIDFILE']).write_text(str(os.getpid())); time.sleep(60)"


def _lives(pid: int) -> bool:
    try:
        # A zombie that nobody has waited for has ended all the same.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "ended with exit code 0"), (7, "ended with exit code 7"), (-15, "was killed by SIGTERM")],
)
def test_reasons_are_words(code: int, words: str) -> None:
    """An exit code is a number, a signal a name."""
    assert reason(code) == words
