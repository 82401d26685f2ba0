"""Weeks of turns, an hour at a time, for tests of what is watched."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from backend.alerts.models import Metric, Rule
from backend.store.client import Store
from tests.conftest import Cast

NOW = datetime(2026, 9, 16, 12, 20, tzinfo=UTC)
END = datetime(2026, 9, 16, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
History = Callable[..., None]


def nanos(moment: datetime) -> int:
    """Nanoseconds since 1970."""
    return round(moment.timestamp()) * 1_000_000_000


@pytest.fixture
def history(store: Store, cast: Cast) -> History:
    """Stores turns: ``hourly`` an hour for ``days`` before ``end``, the last ``changed`` hours times ``factor``."""
    made = 0

    def make(
        days: float = 21,
        hourly: int = 20,
        factor: float = 1,
        changed: int = 0,
        end: datetime = END,
        errors: float = 0.0,
        errors_changed: float | None = None,
        **fields: object,
    ) -> None:
        nonlocal made
        dice = np.random.default_rng(7)
        rows = []
        hours = round(days * 24)
        for back in range(hours, 0, -1):
            is_changed = back <= changed
            start = nanos(end - back * HOUR)
            share = errors_changed if is_changed and errors_changed is not None else errors
            for _ in range(dice.poisson(hourly * (factor if is_changed else 1))):
                made += 1
                at = start + int(dice.integers(3600)) * 1_000_000_000
                rows.append(
                    {
                        "project_id": cast.project.pk, "version": time.time_ns(), "is_deleted": 0,
                        "turn_id": f"t{made}.0", "trace_id": f"t{made}", "conversation_id": f"c{made}",
                        "environment": "production", "start_time": at, "end_time": at + 2_000_000_000,
                        "status": "error" if dice.random() < share else "ok", "response_model": "gpt-4o",
                        "cost_usd": 0.002, "input_text": "Where is it?", "output_text": "Here.", **fields,
                    }
                )  # fmt: skip
        if rows:
            store.insert("turn", list(rows[0]), [[row[name] for row in rows] for name in rows[0]])

    return make


@pytest.fixture
def rule(cast: Cast) -> Rule:
    """A rule over all turns of the project."""
    return Rule.objects.create(project=cast.project, name="Traffic", metric=Metric.VOLUME)
