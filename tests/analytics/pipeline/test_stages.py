"""Single stages: texts embedded once, detectors that fail alone, and a backlog that tells where they stand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from analytics.detectors.base import Detector, Finding, Turn, Verdict
from analytics.pipeline import advance, fill, order
from analytics.pipeline.backlog import backlog
from analytics.pipeline.stages import STAGES
from analytics.scores import meaning
from backend.jobs import runs
from backend.jobs.claims import stages_of
from backend.jobs.models import Run
from backend.review.models import Queue, ReviewItem
from backend.store.client import Store
from tests.analytics.pipeline.building import chat, put, span
from tests.analytics.pipeline.stepping import settle

Ask = Callable[[str], list[tuple[Any, ...]]]
Go = Callable[[int], None]


def test_the_names_of_the_stages_are_in_one_place() -> None:
    """Pages ask by name and import no model; every stage but those that read spans follows one before it."""
    assert tuple(stage.name for stage in STAGES) == order.NAMES
    for place, stage in enumerate(STAGES):
        assert stage.follows == "" if place < 2 else stage.follows in order.NAMES[:place]


def test_each_text_is_embedded_once(
    project: int, store: Store, run: Go, words: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is said, in this trace or a later one; white space is no difference. So are documents."""
    monkeypatch.setattr(meaning, "_kept", OrderedDict())  # whatever tests before this one have had embedded
    put(store, project, [*chat("t1", "Where is it?", "Here."), *chat("t2", "Where  is it?", "Here.")])
    run(project)
    put(store, project, [*chat("t3", "Where is it?", "Here."), *chat("t4", "Refund?", "Yes."), *chat("t5", "", "Hi.")])
    run(project)
    assert sorted(text.split()[0] for text in words.texts) == ["Here.", "Hi.", "Parcels", "Refund?", "Where", "Yes."]


class Fragile(Detector):
    """Finds the word moon, and breaks on the word sun."""

    name: ClassVar[str] = "fragile"
    version: ClassVar[str] = "3"
    severity: ClassVar[Any] = "low"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if "sun" in turn.input_text:
            raise ZeroDivisionError("too bright")
        return Finding(0.5, "The moon.", (turn.cite("input"),)) if "moon" in turn.input_text else None


def test_a_detector_that_breaks_on_one_turn_judges_the_others(
    project: int, store: Store, run: Go, rows: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger has every turn: what matched, what did not, and what failed with the reason."""
    monkeypatch.setattr("analytics.detection.kinds.kinds", lambda: {"fragile": Fragile})
    put(store, project, [*chat("a", "moon", "Yes."), *chat("b", "sun", "Yes."), *chat("c", "star", "Yes.")])
    run(project)
    assert rows("SELECT flag_id, severity, evidence FROM flag FINAL") == [
        (
            "a.0:fragile",
            "low",
            '[{"span_id":"chat","field":"input","start":0,"end":4,"quote":"moon","source":"user","index":0}]',
        )
    ]
    sql = "SELECT subject_id, outcome, reason, analyser_version FROM ledger FINAL WHERE analyser = 'detector:fragile'"
    assert rows(f"{sql} ORDER BY subject_id") == [
        ("a.0", "matched", "", "3"),
        ("b.0", "failed", "ZeroDivisionError: too bright", "3"),
        ("c.0", "ran", "", "3"),
    ]


def test_detectors_see_the_tokens_of_the_answer_alone(project: int, store: Store, run: Go, rows: Ask) -> None:
    """Two model calls of 60 tokens each are no answer that used up its limit of 100."""
    both = {"operation": "chat", "input_text": "Tell me", "max_tokens": 100, "visible_output_tokens": 60}
    root = span("t", "root", ms=900, operation="invoke_agent", input_text="Tell me", output_text="B.")
    put(store, project, [root, span("t", "a", "root", output_text="A.", **both)])
    put(store, project, [span("t", "b", "root", at_ms=200, output_text="B.", **both)])
    run(project)
    assert rows("SELECT output_tokens FROM turn FINAL") == [(120,)]
    assert rows("SELECT count() FROM flag FINAL") == [(0,)]


def test_a_share_of_the_unflagged_comes_in_by_chance(project: int, store: Store, run: Go) -> None:
    """The same ones each time, marked as such, in between the flagged ones."""
    put(store, project, [one for number in range(60) for one in chat(f"t{number}", f"Question {number}", "Answer.")])
    Queue.objects.create(project_id=project, name="Some", slug="some", random_share=0.3)
    run(project)
    chosen = set(ReviewItem.objects.filter(queue__slug="some").values_list("turn_id", flat=True))
    queue = Queue.objects.get(slug="some")
    assert chosen == {f"t{number}.0" for number in range(60) if fill.share_of(f"t{number}.0", queue) < 0.3}
    assert 6 <= len(chosen) <= 32
    item = ReviewItem.objects.filter(queue__slug="some").first()
    assert (item.origin, item.reason.startswith("Chosen by chance, as 30.0%")) == ("random", True)


def test_ids_that_are_too_long_for_a_queue_stand_in_the_ledger(project: int, store: Store, run: Go, rows: Ask) -> None:
    """A client's trace id may be any text; the other turns come in all the same."""
    put(store, project, [*chat("x" * 300, "Where?", ""), *chat("t", "Where?", "")])
    run(project)
    assert list(ReviewItem.objects.filter(origin="flag").values_list("turn_id", flat=True)) == ["t.0"]
    assert rows("SELECT outcome, reason FROM ledger FINAL WHERE analyser = 'review'") == [
        ("failed", "its ids are too long")
    ]


def test_the_backlog_tells_what_waits_for_which_stage(
    project: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, in the middle and after; a run that could not do all is in sight."""
    assert (backlog(project).waiting, backlog(project).newest) == (0, None)
    put(store, project, [*chat("t1", "Where?", "Here."), *chat("t2", "Refund?", "Yes.")])
    before = backlog(project)
    assert {state.name: state.waiting for state in before.stages} == dict.fromkeys(order.NAMES, 2) | {"fit": 0}
    assert before.lag_s > 0
    settle(monkeypatch, timedelta(hours=1).total_seconds())
    advance.advance(project, STAGES[:4])
    middle = backlog(project)
    waiting = {state.name: state.waiting for state in middle.stages}
    assert waiting == {
        "pair": 0,
        "assemble": 0,
        "detect": 0,
        "review": 0,
        "embed": 2,
        "assign": 2,
        "compare": 2,
        "score": 2,
        "fit": 0,
    }
    assert middle.stages[1].last_counts == {"turns": 2, "traces": 2, "turns_taken_back": 0}
    run = runs.begin(stages_of(project, ["embed"])[0])
    runs.end(run, {}, "StoreAway: no answer", failed=True)
    assert [(state.name, state.failed, state.error) for state in backlog(project).failing] == [
        ("embed", True, "StoreAway: no answer")
    ]


def test_only_the_last_runs_are_kept(project: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage runs every few seconds for years; late failures stay longer."""
    monkeypatch.setattr(runs, "KEPT", 60)
    stage = stages_of(project, ["detect"])[0]
    for number in range(160):
        runs.end(runs.begin(stage), {}, "broken" if number == 0 else "")
    kept = Run.objects.filter(stage=stage)
    assert 60 <= kept.count() <= 112
    assert kept.exclude(error="").count() == 1
