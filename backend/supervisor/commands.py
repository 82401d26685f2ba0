"""Every process that Assay consists of: the one place that knows how each is started, embedded or in containers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.env import Env


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process.

    Attributes:
        name: what it is called in the log and on the command line.
        command: what is run, from the project's folder.
        grace_s: how long it may take to end after it was asked to.
        probe: address that answers 200 when it is ready; empty where ``pulse`` says it.
        pulse: the process touches a file of its name in the home folder when it is ready and while it lives.
        environ: further environment.
    """

    name: str
    command: tuple[str, ...]
    grace_s: float
    probe: str = ""
    pulse: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)


# Nothing may be downloaded at run time, and two cores are better spent on two tasks than on a race inside one.
_MODEL = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def programs(env: Env) -> list[Program]:
    """The processes of one machine, in the order in which they start; the embedded store only where it is used."""
    embedded = [] if env.clickhouse_url else [_store(env)]
    return [*embedded, _web(env), _worker(env), _beat(env)]


def program(env: Env, name: str) -> Program:
    """One process by name.

    Raises:
        KeyError: there is none by this name.
    """
    return {found.name: found for found in [_store(env), _web(env), _worker(env), _beat(env), prepare()]}[name]


def prepare(*, answer_fd: int | None = None) -> Program:
    """The one-shot that migrates both stores and makes the first user and project."""
    answer = () if answer_fd is None else ("--answer-fd", str(answer_fd))
    return Program(name="prepare", command=(sys.executable, "manage.py", "prepare", *answer), grace_s=10)


def sample(env: Env, project: str, key: str, now: str) -> Program:
    """The one-shot that plays the sample project through the real endpoint.

    Args:
        env: the settings.
        project: slug of the project.
        key: its secret key.
        now: end of the month that is played, ISO 8601; the same one gives the same spans again.
    """
    return Program(
        name="sample",
        command=(
            *(sys.executable, "manage.py", "sample", "--project", project),
            *("--endpoint", local_url(env), "--truth", str(env.home / "sample" / "truth.jsonl"), "--now", now),
        ),
        grace_s=5,
        environ={"ASSAY_SAMPLE_KEY": key},  # not an argument: those can be read by everybody on the machine
    )


def local_url(env: Env) -> str:
    """Where the web server answers on this machine."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - compared, not bound
    host = everywhere.get(env.host, f"[{env.host}]" if ":" in env.host else env.host)
    return f"http://{host}:{env.port}"


def _store(env: Env) -> Program:
    port = env.resolved_store_port
    return Program(
        name="store",
        command=(
            *(sys.executable, "-m", "backend.store.embedded"),
            *("--data", str(env.home / "store"), "--port", str(port)),
        ),
        grace_s=20,
        probe=f"http://127.0.0.1:{port}/ping",
        environ={"ASSAY_STORE_SECRET": env.resolved_store_secret},
    )


def _web(env: Env) -> Program:
    return Program(
        name="web",
        command=(
            *(sys.executable, "-m", "uvicorn", "backend.asgi:application"),
            *("--host", env.host, "--port", str(env.port), "--http", "httptools", "--loop", "uvloop"),
            *("--lifespan", "on", "--no-access-log", "--timeout-graceful-shutdown", "5"),
            *("--log-level", env.log_level.lower()),
        ),
        grace_s=15,  # five seconds for requests that run, then what waits is stored or spooled
        probe=f"{local_url(env)}/healthz",
    )


def _worker(env: Env) -> Program:
    return Program(
        name="worker",
        command=(
            *(
                sys.executable,
                "-m",
                "celery",
                "-A",
                "backend.celery",
                "--quiet",
                "worker",
                "--pool=threads",
                "--concurrency=2",
            ),
            *("--without-gossip", "--without-mingle", "--loglevel", env.log_level),
        ),
        grace_s=10,  # a task that is cut off runs again: tasks may run twice without harm
        pulse=True,
        environ=_MODEL,
    )


def _beat(env: Env) -> Program:
    return Program(
        name="beat",
        command=(
            *(sys.executable, "-m", "celery", "-A", "backend.celery", "--quiet", "beat", "--loglevel", env.log_level),
            *("--schedule", str(env.home / "run" / "beat"), "--pidfile="),
        ),
        grace_s=5,
        pulse=True,
    )
