"""Judges and new turns: each is looked at once, and again where the day's limit or the endpoint was in the way."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from analytics.detection import asking, judge_new
from analytics.pipeline import ledger
from analytics.questions.scope import nanoseconds
from backend.detection import own
from backend.detection.judging import judging
from backend.detection.models import JudgeCost, JudgeEndpoint
from backend.store.client import Store
from tests.analytics.detection.conftest import WHO, Model
from tests.conftest import Cast
from tests.frontend.pages.conftest import START, insert, turn

QUESTION = judging({"instruction": "The assistant promises a refund.", "explanation": "A promised refund."})


@pytest.mark.django_db(transaction=True)
def test_new_turns_are_judged_once_and_old_ones_are_left_alone(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, store: Store
) -> None:
    """A flag, a line of the ledger with the model's name; what comes later is asked about later."""
    project = cast.project
    own.make(project, "own_refunds", "judge", QUESTION.as_json(), WHO)
    assert judge_new.due() == [project.pk]
    minutes = (timezone.now() - START) / timedelta(minutes=1) + 20  # ahead of now, however long the tests have run
    insert(store, project.pk, "turn", [turn("old.0"), turn("new.0", minutes=minutes, output_text="Get a refund.")])
    assert judge_new.advance(project.pk) == 0
    later = timezone.now() + timedelta(hours=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge_new.timezone, "now", lambda: later)
        assert judge_new.advance(project.pk) == 1
        assert judge_new.advance(project.pk) == 0
    asked_sql = "SELECT subject_id, outcome, analyser_version FROM ledger FINAL WHERE analyser = 'detector:own_refunds'"
    ((subject, outcome, version),) = store._client().query(asked_sql).result_rows
    assert (subject, outcome) == ("new.0", "matched")
    assert version.endswith(" by small-1")
    flagged = store._client().query("SELECT turn_id, detector FROM flag FINAL").result_rows
    assert [tuple(row) for row in flagged] == [("new.0", "own_refunds")]
    assert len(model.seen) == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_over_the_days_limit_is_judged_the_next_day(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the turns that nobody has looked at, and once each; where the endpoint was in trouble, an hour later."""
    project = cast.project
    own.make(project, "own_refunds", "judge", QUESTION.as_json(), WHO)
    JudgeEndpoint.objects.update(calls_a_day=2)
    monkeypatch.setattr(judge_new, "WINDOW", 1)
    minutes = (timezone.now() - START) / timedelta(minutes=1) + 20
    rows = [turn(f"t{place}.0", minutes=minutes + place, output_text=f"Answer {place}") for place in range(4)]
    insert(store, project.pk, "turn", rows)
    clock = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr(judge_new.timezone, "now", lambda: clock)
    monkeypatch.setattr(ledger, "time", SimpleNamespace(time_ns=lambda: nanoseconds(clock)))
    assert judge_new.advance(project.pk) == 4
    assert judge_new.advance(project.pk) == 0
    assert _outcomes(store) == {"t0.0": "matched", "t1.0": "matched", "t2.0": "unjudged", "t3.0": "unjudged"}

    clock += timedelta(days=1)
    JudgeCost.objects.all().delete()  # the day of calls is that of the clock on the wall
    insert(store, project.pk, "turn", [turn("t9.0", minutes=minutes + 60, output_text="Answer 9")])
    assert judge_new.advance(project.pk) == 3
    assert _outcomes(store) == {**dict.fromkeys(["t0.0", "t1.0", "t9.0", "t2.0"], "matched"), "t3.0": "unjudged"}
    assert judge_new.advance(project.pk) == 0

    clock += timedelta(days=1)
    JudgeCost.objects.all().delete()
    kept, model.says = model.says, lambda _: (503, {})
    JudgeEndpoint.objects.update(calls_a_day=100)
    monkeypatch.setattr(asking, "_WAITS_S", (0.0, 0.0))
    assert judge_new.advance(project.pk) == 1
    model.says = kept
    assert judge_new.advance(project.pk) == 0
    clock += judge_new.PAUSE + timedelta(minutes=1)
    assert judge_new.advance(project.pk) == 1
    assert _outcomes(store)["t3.0"] == "matched"


def _outcomes(store: Store) -> dict[str, str]:
    sql = "SELECT subject_id, outcome FROM ledger FINAL WHERE analyser = 'detector:own_refunds'"
    return dict(store._client().query(sql).result_rows)
