"""An installation for a benchmark: a home of its own, the real store and web server, a project with a played month."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
EMAIL = "bench@example.com"
SLUG = "bench"
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Running:
    """A process of the installation."""

    process: subprocess.Popen[bytes]

    @property
    def cpu_s(self) -> float:
        """CPU seconds that the kernel charged it with, in steps of its clock's tick."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK


@dataclass(frozen=True, slots=True)
class Installation:
    """What runs, and who may look at it."""

    url: str
    password: str
    secret: str
    project_id: int
    web: Running
    store: Running


@contextmanager
def installation() -> Iterator[Installation]:
    """Start store and web server in a fresh home; this process then uses the same stores."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # else what was started would run on
    with tempfile.TemporaryDirectory(prefix="assay-bench-", ignore_cleanup_errors=True) as home:
        password, secret = secrets.token_urlsafe(12), secrets.token_urlsafe(24)
        _settle_environment(home, password, secret)

        from backend.env import env
        from backend.supervisor.commands import local_url, prepare, program

        with (Path(home) / "log").open("wb") as log, _running(program(env(), "store"), log) as store:
            subprocess.run(prepare().command, cwd=ROOT, stdout=log, stderr=log, check=True)
            with _running(program(env(), "web"), log) as web:
                _wait(program(env(), "web").probe)
                yield Installation(local_url(env()), password, secret, _project_id(), web, store)


def _settle_environment(home: str, password: str, secret: str) -> None:
    """Settings of this process and of those it starts; the modules that read them come after."""
    for name in [name for name in os.environ if name.startswith("ASSAY_")]:
        del os.environ[name]
    os.environ.update(
        ASSAY_HOME=home, ASSAY_PORT=str(free_port()), ASSAY_STORE_PORT=str(free_port()), ASSAY_GRPC_PORT="0",
        ASSAY_STORE_SECRET=secrets.token_hex(8), ASSAY_SAMPLE="0", ASSAY_LOG_LEVEL="WARNING",
        ASSAY_INIT_EMAIL=EMAIL, ASSAY_INIT_PASSWORD=password, ASSAY_INIT_PROJECT="Bench",
        ASSAY_INIT_PUBLIC_KEY="pk-bench", ASSAY_INIT_SECRET_KEY=secret,
        DJANGO_SETTINGS_MODULE="backend.settings", OMP_NUM_THREADS="1",
    )  # fmt: skip


def _project_id() -> int:
    import django

    django.setup()
    from backend.projects.models import Project

    return int(Project.objects.get(slug=SLUG).pk)


@contextmanager
def _running(program: Any, log: Any) -> Iterator[Running]:
    environ = {**os.environ, **program.environ}
    process = subprocess.Popen(program.command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        yield Running(process)
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            httpx.get(url)
            return
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def play_month(here: Installation, conversations: int) -> list[Any]:
    """Send a month of the sample's conversations through the real SDK and the real endpoint."""
    from ingest.sample.plan import plan
    from ingest.sample.play import play

    month = plan(1, datetime.now(UTC), conversations)
    with told(f"play {len(month):,} conversations"):
        play(month, here.url, here.secret)
    return month


def advance_to_end(project_id: int) -> None:
    """Bring all stages to the end, as if every row had settled."""
    from analytics.pipeline import advance
    from analytics.pipeline.stages import STAGES

    advance.OVERLAP = timedelta(0)  # type: ignore[misc]  # a worker waits ten seconds for rows on their way
    while advance.advance(project_id, STAGES):
        continue


def ask(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Rows of the store by plain SQL."""
    from backend.store.connection import store

    return [tuple(row) for row in store()._client().query(sql, parameters=parameters).result_rows]


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say what is being done, and when it is done how long it took."""
    begun = time.monotonic()
    print(f"  {what} ...", end="", file=sys.stderr, flush=True)
    yield
    print(f" {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True)


def machine() -> str:
    """One line about where this was measured."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "unknown processor",
    )
    load = os.getloadavg()[0]
    return f"{datetime.now(UTC):%Y-%m-%d}, {len(os.sched_getaffinity(0))} cores of {model}, load at start {load:.1f}"
