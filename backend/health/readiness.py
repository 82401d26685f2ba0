"""Whether what Assay leans on can be reached: ClickHouse, the relational database and the broker."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db import DatabaseError, connection
from kombu.connection import Connection
from kombu.exceptions import KombuError

from backend.env import env
from backend.errors import StoreError
from backend.store.connection import store

_LOG = logging.getLogger(__name__)
_BROKER_WITHIN_S = 2
# A probe per second from each of many callers is one look per second.
_FRESH_S = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        ok: whether it answers.
        reason: why not, without addresses or names of accounts; those stand in the log.
        duration_ms: how long the look took.
    """

    ok: bool
    reason: str
    duration_ms: float


def checks() -> dict[str, Check]:
    """Each thing by name, looked at within the last second."""
    global _seen  # noqa: PLW0603 - the one cache of this module
    with _LOCK:
        if time.monotonic() - _seen[0] > _FRESH_S:
            _seen = (time.monotonic(), {name: _look(name, ask) for name, ask in CHECKS.items()})
        return _seen[1]


def _look(name: str, ask: Callable[[], str]) -> Check:
    started = time.perf_counter()
    reason = ask()
    if reason:
        _LOG.warning("not ready: %s %s", name, reason)
    return Check(not reason, reason, round((time.perf_counter() - started) * 1000, 1))


def _ask_store() -> str:
    try:
        return "" if store().ping() else "does not answer"
    except StoreError as fault:
        _LOG.warning("store: %s", fault)
        return "does not answer"


def _ask_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM projects_project LIMIT 1")
    except DatabaseError as fault:
        _LOG.warning("database: %s", fault)
        return "does not answer, or is not migrated"
    return ""


def _ask_broker() -> str:
    if not env().broker_url:
        return "" if _writable(env().home) else "the home folder cannot be written"
    try:
        with Connection(env().broker_url, connect_timeout=_BROKER_WITHIN_S) as broker:  # type: ignore[no-untyped-call]
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=_BROKER_WITHIN_S)
    except (OSError, KombuError) as fault:
        _LOG.warning("broker: %s", fault)
        return "does not answer"
    return ""


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK)


CHECKS: Final = {"store": _ask_store, "database": _ask_database, "broker": _ask_broker}
_LOCK = threading.Lock()
_seen: tuple[float, dict[str, Check]] = (float("-inf"), {})
