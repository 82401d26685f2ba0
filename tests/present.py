"""Which servers and programs this run finds; tests of what is missing are left out and named, or fail in CI."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

import psycopg
import pytest
import redis

LEFT_OUT = "left out: "
_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
_REDIS = "redis://127.0.0.1:6379/15"


@cache
def chromium() -> str:
    """Path of the system's Chromium; empty where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")


@cache
def postgres_url() -> str:
    """A PostgreSQL in which databases may be made: ASSAY_TEST_POSTGRES_URL or the one on this machine, or empty."""
    url = os.environ.get("ASSAY_TEST_POSTGRES_URL", _POSTGRES)
    try:
        server = psycopg.connect(url.rpartition("/")[0] + "/postgres", connect_timeout=2)
        with server, server.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolcreatedb OR rolsuper)")
            return url if cursor.fetchone() else ""
    except psycopg.Error:
        return ""


@cache
def redis_url() -> str:
    """A Redis whose database may be emptied: ASSAY_TEST_REDIS_URL or the one on this machine, or empty."""
    url = os.environ.get("ASSAY_TEST_REDIS_URL", _REDIS)
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=2) as client:
            client.ping()
    except redis.RedisError:
        return ""
    return url


@cache
def clients_python() -> str:
    """The Python with the real SDKs: ASSAY_TEST_CLIENTS, or `.venv-clients` as .ci/run makes it; empty without."""
    path = os.environ.get("ASSAY_TEST_CLIENTS", str(Path(__file__).parents[1] / ".venv-clients" / "bin" / "python"))
    return path if Path(path).is_file() else ""


@cache
def clients_openai3() -> str:
    """The Python with the SDKs that need OpenAI's of version 3, beside the one of the others; empty without."""
    path = Path(clients_python()).parents[1] / "openai3" / "bin" / "python" if clients_python() else Path()
    return str(path) if path.is_file() else ""


@cache
def clients_javascript() -> str:
    """The folder with the real SDKs in JavaScript, beside the Python of the others; empty without them or Node."""
    folder = Path(clients_python()).parents[1] / "js" if clients_python() and shutil.which("node") else Path()
    return str(folder) if (folder / "node_modules").is_dir() else ""


NEEDS = {
    "javascript": (clients_javascript, "Node with the client SDKs"),
    "openai3": (clients_openai3, "The environment of client SDKs with OpenAI's of version 3"),
    "clients": (clients_python, "The environment of client SDKs"),
    "browser": (chromium, "Chromium"),
    "postgres": (postgres_url, "PostgreSQL"),
    "redis": (redis_url, "Redis"),
}


def missing() -> list[str]:
    """Names of what is not there."""
    return [name for look, name in NEEDS.values() if not look()]


def pytest_configure(config: pytest.Config) -> None:
    """Under CI nothing may be left out."""
    if os.environ.get("CI") == "true" and not hasattr(config, "workerinput") and missing():
        raise pytest.UsageError(f"CI=true and there is no {', '.join(missing())}; .ci/run installs them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what cannot run here, and on PostgreSQL keep only what touches the relational database."""
    for item in items:
        for mark, (look, name) in NEEDS.items():
            if item.get_closest_marker(mark) and not look():
                item.add_marker(pytest.mark.skip(reason=f"{LEFT_OUT}{name} is missing"))
    if os.environ.get("ASSAY_TEST_DATABASE_URL"):
        kept = [item for item in items if _is_relational(item)]
        config.hook.pytest_deselected(items=[item for item in items if not _is_relational(item)])
        items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
        if reason.startswith(LEFT_OUT):
            reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} tests {reason}", yellow=True)


def _is_relational(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db"})
