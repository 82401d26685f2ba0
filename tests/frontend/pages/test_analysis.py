"""The page that says what ran on what: counts from the ledger, reasons with examples, and a retry for owners."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.questions.health import analyser_health
from backend.accounts.models import User
from backend.jobs import runs
from backend.jobs.claims import stages_of
from backend.store.client import Store
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, START, insert, nanos, turn, week

SignIn = Callable[[User], Client]
PAGE = "/p/acme/analysis"


def _line(analyser: str, subject: str, outcome: str, reason: str = "", version: str = "2") -> dict[str, Any]:
    return {
        "analyser": analyser, "analyser_version": version, "subject_id": subject, "outcome": outcome,
        "reason": reason, "subject_time": nanos(START),
    }  # fmt: skip


@pytest.fixture
def ledger(store: Store, cast: Cast) -> None:
    """Four turns; one detector found, passed, could not judge and failed, another has seen one only."""
    project = cast.project.pk
    insert(store, project, "turn", [turn(f"t{number}.0", f"c{number}") for number in range(4)])
    lines = [
        _line("detector:empty", "t0.0", "matched"),
        _line("detector:empty", "t1.0", "ran", version="1"),
        _line("detector:empty", "t2.0", "unjudged", "nothing was recorded"),
        _line("detector:empty", "t3.0", "failed", HOSTILE),
        _line("detector:loop", "t0.0", "sampled_out"),
        _line("topics", "c0", "ran"),
    ]
    shared = {"project_id": project, "version": nanos(timezone.now())}
    rows = [{**shared, **line} for line in lines]
    rows[1]["version"] -= 10**9
    store.insert(
        "ledger", list(rows[0]), [list(column) for column in zip(*(row.values() for row in rows), strict=True)]
    )
    span = {"project_id": project, "trace_id": "t3", "span_id": "s", "stored_at": START, "start_time": nanos(START)}
    store.insert("span_preview", list(span), [[value] for value in span.values()])


@pytest.mark.usefixtures("ledger")
def test_every_turn_is_accounted_for(cast: Cast) -> None:
    """Found, passed, not judged, sampled out, failed and waiting add up to the turns; versions are told apart."""
    found = {one.analyser: one for one in analyser_health(week(cast.project.pk))}
    empty, loop, topics = found["detector:empty"], found["detector:loop"], found["topics"]
    assert (empty.matched, empty.ran, empty.unjudged, empty.failed, empty.waiting) == (1, 1, 1, 1, 0)
    assert (empty.version, empty.older) == ("2", 1)
    assert [(one.outcome, one.subject_id) for one in empty.reasons] == [("failed", "t3.0"), ("unjudged", "t2.0")]
    assert (loop.sampled_out, loop.waiting) == (1, 3)
    assert (topics.ran, topics.waiting) == (1, 3)


@pytest.mark.usefixtures("ledger")
def test_the_page_tells_reasons_and_costs(cast: Cast, signed_in: SignIn) -> None:
    """A reason is text, and its example a link to the trace."""
    (stage,) = stages_of(cast.project.pk, ["detect"])
    run = runs.begin(stage)
    runs.end(run, {"traces": 4, "turns_judged": 4, "us:detector:empty": 8_000})
    page = signed_in(cast.member).get(PAGE).content.decode()
    assert "nothing was recorded" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "/p/acme/traces/t3" in page
    assert ">2 ms<" in page
    assert "1 failed" in page
    assert "Retry" not in page


@pytest.mark.usefixtures("ledger")
def test_a_retry_sends_the_stage_and_its_followers_back(cast: Cast, signed_in: SignIn) -> None:
    """To just before the trace was stored; stages that read nothing of it stay, and so does one that is behind."""
    now = timezone.now()
    stages = {one.name: one for one in stages_of(cast.project.pk, ["assemble", "detect", "review", "embed"])}
    for stage in stages.values():
        stage.position = now
        stage.save()
    answer = signed_in(cast.owner).post(f"{PAGE}/retry?range=7d", {"analyser": "detector:empty"}, follow=True)
    assert answer.redirect_chain[0][0] == f"{PAGE}?range=7d"
    assert "1 trace will be looked at again" in answer.content.decode()
    for stage in stages.values():
        stage.refresh_from_db()
    assert stages["detect"].position == stages["review"].position == START - timedelta(microseconds=1)
    assert stages["assemble"].position == stages["embed"].position == now


@pytest.mark.usefixtures("ledger")
def test_nothing_is_sent_back_where_nothing_failed(cast: Cast, signed_in: SignIn) -> None:
    """The page says so."""
    answer = signed_in(cast.owner).post(f"{PAGE}/retry", {"analyser": "detector:loop"}, follow=True)
    assert "Nothing of it failed" in answer.content.decode()
    assert signed_in(cast.owner).post(f"{PAGE}/retry", {}).status_code == 400


@pytest.mark.usefixtures("ledger")
def test_who_may_look_and_who_may_retry(cast: Cast, signed_in: SignIn) -> None:
    """Members look, owners retry, strangers learn nothing."""
    form = {"analyser": "detector:empty"}
    assert signed_in(cast.member).get(PAGE).status_code == 200
    assert "Retry" in signed_in(cast.owner).get(PAGE).content.decode()
    assert signed_in(cast.member).post(f"{PAGE}/retry", form).status_code == 403
    assert signed_in(cast.stranger).get(PAGE).status_code == 404
    assert signed_in(cast.stranger).post(f"{PAGE}/retry", form).status_code == 404
    assert Client().get(PAGE).status_code == 302
    assert signed_in(cast.owner).get(f"{PAGE}/retry").status_code == 405


def test_an_empty_project_says_what_to_do(cast: Cast, signed_in: SignIn, store: Store) -> None:
    """No table of zeros."""
    assert "Nothing was analysed in this period" in signed_in(cast.member).get(PAGE).content.decode()
