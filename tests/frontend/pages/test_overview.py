"""The overview tells no rate of flags before detectors have looked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from analytics.pipeline.order import NAMES
from backend.accounts.models import User
from backend.jobs.models import Stage
from backend.store.client import Store
from tests.conftest import Cast
from tests.frontend.pages.conftest import START, flag, insert, nanos, turn

SignIn = Callable[[User], Client]
PAGE = "/p/acme/"


@pytest.fixture
def flagged(store: Store, cast: Cast) -> None:
    """Four turns, one with a flag, of traces stored some hours ago."""
    project = cast.project.pk
    insert(store, project, "turn", [turn(f"t{number}.0", f"c{number}") for number in range(4)])
    insert(store, project, "flag", [flag("t1.0", "empty")])
    for number in range(4):
        span = {
            "project_id": project, "trace_id": f"t{number}", "span_id": "s", "stored_at": START,
            "start_time": nanos(START),
        }  # fmt: skip
        store.insert("span_preview", list(span), [[value] for value in span.values()])


@pytest.mark.usefixtures("flagged")
def test_flags_are_counted_while_detectors_are_behind(cast: Cast, signed_in: SignIn) -> None:
    """A rate over turns that nobody looked at would be too low, and green."""
    shown = signed_in(cast.member).get(PAGE).content.decode()
    assert "Flagged so far" in shown
    assert "4 traces wait for detectors" in shown
    assert "Flag rate" not in shown


@pytest.mark.usefixtures("flagged")
def test_a_rate_is_told_once_all_are_looked_at(cast: Cast, signed_in: SignIn) -> None:
    """With its sample and interval."""
    for name in NAMES:
        Stage.objects.create(project=cast.project, name=name, position=datetime.now(UTC))
    shown = signed_in(cast.member).get(PAGE).content.decode()
    assert "Flag rate" in shown
    assert "Flagged so far" not in shown
