"""Processes without an address touch a file while they live; the supervisor and containers look at its time."""

from __future__ import annotations

import time
from typing import Any

from celery import signals

from backend.env import env

_SELDOM_S = 2.0
_last: dict[str, float] = {}


def listen() -> None:
    """Touch the worker's file at its start and heartbeats, and beat's at its start and with each task it sends."""
    signals.worker_ready.connect(_worker)
    signals.heartbeat_sent.connect(_worker)
    signals.beat_init.connect(_start_beat)


def _worker(**_: Any) -> None:
    touch("worker")


def _start_beat(**_: Any) -> None:
    touch("beat")
    # Only now: the web server publishes tasks too and is not beat.
    signals.after_task_publish.connect(_beat)


def _beat(**_: Any) -> None:
    touch("beat")


def touch(name: str) -> None:
    """Say that the process of this name lives; at most every two seconds."""
    now = time.monotonic()
    if now - _last.get(name, -_SELDOM_S) < _SELDOM_S:
        return
    _last[name] = now
    path = env().home / "run" / f"{name}.pulse"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch()
