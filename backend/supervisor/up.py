"""`make up`: store, web, worker and beat under one supervisor, started in order and ended in the opposite one."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from backend.env import Env, kept_secret
from backend.errors import AssayError
from backend.supervisor import commands
from backend.supervisor.banner import banner
from backend.supervisor.child import Child, reason
from backend.supervisor.commands import Program
from backend.supervisor.journal import Journal
from backend.supervisor.probe import is_taken

# A process that died this often before it ever answered will not do better the next time.
_MOST_DEATHS_AT_START = 3
_READY_WITHIN_S = 120.0
_SAMPLE_TRIES = 3


class StartError(AssayError):
    """Something stands in the way of starting; the message says what to do."""

    code = "start"


class Supervisor:
    """All processes of one machine."""

    def __init__(self, env: Env, journal: Journal, environ: Mapping[str, str] | None = None) -> None:
        self._env = env
        self._journal = journal
        self._environ = dict(environ or os.environ)
        self._programs = commands.programs(env)
        self._children: list[Child] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stop = asyncio.Event()
        self._answer: int | None = None
        self._sign_in: dict[str, str] = {}

    async def run(self) -> None:
        """Start everything, say so, and keep it going until a signal asks to stop.

        Raises:
            StartError: a process does not come up, or the stores cannot be prepared.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._ask_to_stop)
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await stopping
        finally:
            starting.cancel()
            stopping.cancel()
            await self._end()

    async def _start(self) -> None:
        started = time.monotonic()
        first = [program for program in self._programs if program.name == "store"]
        rest = [program for program in self._programs if program.name != "store"]
        self._say("preparing the stores")
        await asyncio.gather(self._prepare(), *[self._ready(self._add(program)) for program in first])
        self._say(f"starting {', '.join(program.name for program in rest)}")
        await asyncio.gather(*[self._ready(self._add(program)) for program in rest])
        self._journal.show(banner(self._env, self._sign_in, time.monotonic() - started))
        self._sign_in.pop("password", None)
        if self._env.sample and not _played(self._env.home).exists():
            self._begin(self._play())

    async def _prepare(self) -> None:
        """Migrate and provision; the new password comes back through a pipe, so it is in no log."""
        self._answer, writing = os.pipe()
        one_shot = self._child(commands.prepare(answer_fd=writing))
        self._children.append(one_shot)
        try:
            code = await one_shot.run(pass_fds=(writing,))
        finally:
            os.close(writing)
        self._children.remove(one_shot)
        self._read_answer()
        if code:
            raise StartError(f"the stores could not be prepared: it {reason(code)}; what it said stands above")

    def _read_answer(self) -> None:
        if self._answer is not None:
            with os.fdopen(self._answer) as answer:
                self._sign_in = json.loads(answer.read() or "{}")
            self._answer = None

    async def _ready(self, child: Child) -> None:
        began = time.monotonic()
        said = began
        while not await child.is_ready():
            now = time.monotonic()
            if child.deaths >= _MOST_DEATHS_AT_START or now - began > _READY_WITHIN_S:
                words = "\n".join(child.last_words)
                raise StartError(f"{child.program.name} does not start; its last words:\n{words}")
            if now - said > 5:
                said = now
                self._say(f"waiting for {child.program.name}, {now - began:.0f} s")
            await asyncio.sleep(0.1)
        self._say(f"{child.program.name} answers after {time.monotonic() - began:.1f} s")

    async def _play(self) -> None:
        """Play the sample project, again when it was cut off; its spans replace themselves."""
        home = self._env.home
        key = kept_secret(home, "sample-key")
        program = commands.sample(self._env, self._sign_in["sample"], key, _first_moment(home / "run" / "sample-began"))
        for _ in range(_SAMPLE_TRIES):
            player = self._child(program)
            self._children.insert(0, player)
            code = await player.run()
            self._children.remove(player)
            if code == 0:
                _played(home).touch()
                return
            if self._stop.is_set():
                return
            self._say(f"sample {reason(code)}")
            await asyncio.sleep(5)
        self._say("the sample project is not complete; the next start goes on with it")

    async def _end(self) -> None:
        order = {"sample": 0, "prepare": 1, "web": 2, "worker": 3, "beat": 4, "store": 5}
        for child in sorted(self._children, key=lambda one: order[one.program.name]):
            await self._end_one(child)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._read_answer()
        if "password" in self._sign_in:  # made, and not shown yet: nobody could ever sign in with it
            self._journal.show(banner(self._env, self._sign_in, None))
        self._say("stopped")

    async def _end_one(self, child: Child) -> None:
        running = child.pid is not None
        began = time.monotonic()
        await child.stop()
        if running:
            self._say(f"{child.program.name} ended after {time.monotonic() - began:.1f} s")

    def _ask_to_stop(self) -> None:
        if self._stop.is_set():
            self._say("killing what still runs")
            for child in self._children:
                child.kill()
            return
        self._say("stopping; once more to kill")
        self._stop.set()

    def _child(self, program: Program) -> Child:
        return Child(program, self._journal, self._env.home, environ=self._environ)

    def _add(self, program: Program) -> Child:
        child = self._child(program)
        self._children.append(child)
        self._begin(child.keep())
        return child

    def _begin(self, work: Any) -> None:
        self._tasks.add(asyncio.create_task(work))

    def _say(self, text: str) -> None:
        self._journal.say(text)


def up(env: Env) -> None:
    """Run everything until Ctrl-C.

    Raises:
        StartError: another supervisor uses the home folder, a port is taken, or a process does not come up.
    """
    run = env.home / "run"
    run.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(run / "lock"):
        _check_ports(env)
        for pulse in run.glob("*.pulse"):
            pulse.unlink()
        journal = Journal(env.home / "logs")
        try:
            asyncio.run(Supervisor(env, journal).run())
        finally:
            journal.close()


def _check_ports(env: Env) -> None:
    wanted = [("ASSAY_PORT", env.host, env.port)]
    if not env.clickhouse_url:
        wanted.append(("ASSAY_STORE_PORT", "127.0.0.1", env.resolved_store_port))
    for name, host, port in wanted:
        if is_taken(host, port):
            raise StartError(
                f"port {port} on {host} cannot be had: another program may listen there; set {name} to another"
            )


@contextmanager
def _only_one(path: Path) -> Iterator[IO[str]]:
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            running = f"Assay runs already from {path.parent.parent} (process {lock.read().strip()})"
            raise StartError(f"{running}; end it, or set ASSAY_HOME") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock


def _played(home: Path) -> Path:
    return home / "run" / "sample-played"


def _first_moment(path: Path) -> str:
    """When the playing first began: who goes on with it plays the same month."""
    if not path.exists():
        path.write_text(datetime.now(UTC).isoformat(timespec="seconds"))
    return path.read_text()
