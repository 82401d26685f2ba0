"""Stages follow what was stored: nothing is skipped, nothing counts twice, whatever dies in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.pipeline import advance, due
from analytics.pipeline.order import NAMES
from analytics.pipeline.stages import STAGES
from backend.jobs import claims
from backend.jobs.models import Stage
from backend.review.models import ReviewItem
from backend.store.client import Store
from tests.analytics.pipeline.building import chat, put, span
from tests.analytics.pipeline.stepping import Recorder, settle, some_traces, to_the_end

Ask = Callable[[str], list[tuple[Any, ...]]]
Go = Callable[[int], None]

COUNTS = (
    "SELECT (SELECT count() FROM turn FINAL), (SELECT count() FROM embedding FINAL),"
    " (SELECT count() FROM flag FINAL), (SELECT count() FROM ledger FINAL)"
)


def test_spans_become_turns_vectors_flags_and_review_items(project: int, store: Store, run: Go, rows: Ask) -> None:
    """The whole way of a few traces, one of them with an empty answer."""
    put(store, project, [*chat("t1", "Where is my parcel?", "In Kiel."), *chat("t2", "Can I get a refund?", "")])
    run(project)
    assert rows("SELECT turn_id, input_text, output_text FROM turn FINAL ORDER BY turn_id") == [
        ("t1.0", "Where is my parcel?", "In Kiel."),
        ("t2.0", "Can I get a refund?", ""),
    ]
    assert rows("SELECT count() FROM embedding FINAL") == [(3,)]
    assert rows("SELECT turn_id, detector, span_id FROM flag FINAL") == [("t2.0", "empty", "chat")]
    (item,) = ReviewItem.objects.filter(origin="flag")
    assert (item.turn_id, item.queue.slug) == ("t2.0", "flagged")
    assert item.reason.startswith("Empty (high, 98% sure): ")


def test_running_again_changes_no_number(project: int, store: Store, run: Go, rows: Ask) -> None:
    """All positions back to the beginning, and everything done once more: the same counts."""
    put(store, project, [one for number in range(20) for one in chat(f"t{number}", f"Question {number % 7}?", "")])
    run(project)
    before = rows(COUNTS)
    items = ReviewItem.objects.count()
    Stage.objects.update(position=None, cursor="", head=None)
    advance.forget()
    run(project)
    assert (rows(COUNTS), ReviewItem.objects.count()) == (before, items)
    assert before == [(20, 7, 20, rows(COUNTS)[0][3])]


def test_late_spans_build_their_turn_anew(project: int, store: Store, run: Go, rows: Ask) -> None:
    """The answer arrives in a later request than the question: the empty answer was no fault, and nobody reviews it."""
    root, find, answer = chat("t1", "Where is it?", "In Kiel.")
    put(store, project, [span("t1", "chat", operation="chat", input_text="Where is it?", finish_reasons=("stop",))])
    run(project)
    assert rows("SELECT detector FROM flag FINAL") == [("empty",)]
    put(store, project, [root, find, answer])
    run(project)
    assert rows("SELECT output_text, span_count FROM turn FINAL") == [("In Kiel.", 3)]
    assert rows("SELECT count() FROM flag FINAL") == [(0,)]
    assert list(ReviewItem.objects.values_list("state", "skip_reason")) == [("skipped", "the flag was taken back")]


def test_a_turn_that_no_longer_exists_is_taken_back(project: int, store: Store, run: Go, rows: Ask) -> None:
    """Two questions under no root are two turns, until the root tells that they are steps of one."""
    steps = [
        span("t1", "a", "root", operation="chat", input_text="Rewrite this"),
        span("t1", "b", "root", operation="chat", input_text="Answer that", at_ms=200),
    ]
    put(store, project, steps)
    run(project)
    assert rows("SELECT turn_id FROM turn FINAL ORDER BY turn_id") == [("t1.0",), ("t1.1",)]
    put(store, project, [span("t1", "root", ms=900, operation="invoke_workflow", input_text="Hm?", output_text="So.")])
    run(project)
    assert rows("SELECT turn_id, output_text FROM turn FINAL") == [("t1.0", "So.")]
    assert rows("SELECT count() FROM flag FINAL WHERE turn_id = 't1.1'") == [(0,)]


def test_windows_pass_over_no_trace_of_one_moment(project: int, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One insert gives all its rows one moment; windows smaller than it still see each trace, and once."""
    settle(monkeypatch)
    put(store, project, some_traces(25))
    recorder = Recorder(window=4)
    to_the_end(project, [recorder])
    assert recorder.traces == [f"t{number:04}" for number in range(25)]
    assert max(map(len, recorder.seen)) == 4


def test_fresh_traces_are_done_at_once_and_not_again_when_they_settle(
    project: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row may become visible late, so the position waits; the work does not, and is not done twice."""
    settle(monkeypatch, 3600)
    put(store, project, some_traces(5))
    recorder = Recorder()
    to_the_end(project, [recorder])
    to_the_end(project, [recorder])
    stage = Stage.objects.get(name="assemble")
    assert (len(recorder.traces), stage.position) == (5, None)
    assert stage.head is not None
    settle(monkeypatch)
    to_the_end(project, [recorder])
    stage.refresh_from_db()
    assert len(recorder.traces) == 5
    assert stage.position is not None


def test_a_row_that_became_visible_late_is_seen(project: int, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its moment lies before what was already looked at; it is found as long as it may be on its way."""
    settle(monkeypatch, 3600)
    put(store, project, some_traces(2))
    recorder = Recorder()
    to_the_end(project, [recorder])
    early = span("late", "a", operation="chat")
    columns = ["project_id", "trace_id", "span_id", "operation", "start_time", "end_time", "stored_at"]
    moment = timezone.now() - timedelta(minutes=1)
    values = [[project], ["late"], ["a"], ["chat"], [early.start_time], [early.end_time], [moment]]
    store.insert("span", columns, values)
    to_the_end(project, [recorder])
    assert recorder.traces[2:] == ["late"]


def test_a_crash_after_the_rows_and_before_the_position_costs_nothing(
    project: int, store: Store, run: Go, rows: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies in between; the next one does the window again and stores the same."""
    put(store, project, [*chat("t1", "Where?", ""), *chat("t2", "Refund?", "Yes.")])
    settle(monkeypatch)

    def die(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(claims.Claim, "advance", die)
        with pytest.raises(KeyboardInterrupt):
            advance.advance(project, STAGES[1:])
    assert rows("SELECT count() FROM turn FINAL") == [(2,)]
    assert Stage.objects.get(name="assemble").position is None
    advance.forget()
    run(project)
    assert rows("SELECT count() FROM turn FINAL") == [(2,)]
    assert rows("SELECT count() FROM flag FINAL") == [(1,)]


def test_two_workers_never_do_the_same(project: int, store: Store, run: Go, rows: Ask) -> None:
    """While one holds the stages the other finds nothing to do; when the claim has expired it takes over."""
    put(store, project, chat("t1", "Where?", "Here."))
    claims.stages_of(project, NAMES)
    Stage.objects.update(claimed_by="other", claimed_until=timezone.now() + timedelta(seconds=20))
    run(project)
    assert rows("SELECT count() FROM turn") == [(0,)]
    Stage.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    run(project)
    assert rows("SELECT count() FROM turn FINAL") == [(1,)]


def test_a_stage_never_passes_the_one_before(project: int, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second stage sees a trace only after the first has stored what it made of it."""
    settle(monkeypatch)
    put(store, project, some_traces(30))
    first, second = Recorder(window=3), Recorder(window=100)
    second.name, second.follows = "embed", "assemble"  # type: ignore[misc]
    order: list[str] = []
    first.fails = lambda ids: order.append(f"first {ids[-1]}")
    second.fails = lambda ids: order.append(f"second {ids[-1]}")
    monkeypatch.setattr(advance, "SLICE_S", 0)
    to_the_end(project, [first, second])
    assert order[:4] == ["first t0002", "second t0002", "first t0005", "second t0005"]
    assert first.traces == second.traces == [f"t{number:04}" for number in range(30)]


def test_a_stage_that_was_sent_back_does_its_work_again(
    project: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newly published fit sends the assigning stage back; what this process remembers does not stand in the way."""
    settle(monkeypatch, 3600)
    put(store, project, some_traces(3))
    recorder = Recorder()
    to_the_end(project, [recorder])
    settle(monkeypatch)
    to_the_end(project, [recorder])
    Stage.objects.update(position=None)
    to_the_end(project, [recorder])
    assert len(recorder.traces) == 6


def test_a_position_is_not_stored_over_one_that_was_sent_back_meanwhile(project: int, store: Store) -> None:
    """The worker's idea of the position is old then; it stops instead of undoing what was asked."""
    stage = claims.stages_of(project, ["assign"])[0]
    moment = timezone.now()
    Stage.objects.update(position=moment)
    with claims.claimed(project, ["assign"]) as claim:
        assert claim is not None
        Stage.objects.update(position=moment - timedelta(days=1))
        assert not claim.advance(claim.stages[0], position=moment + timedelta(seconds=1))
    stage.refresh_from_db()
    assert stage.position == moment - timedelta(days=1)


def test_only_projects_with_something_new_are_waiting(project: int, store: Store, run: Go) -> None:
    """One question for all projects; a project that is done is left alone until more is stored."""
    assert due.waiting() == []
    put(store, project, chat("t1", "Where?", "Here."))
    assert due.waiting() == [project]
    run(project)
    run(project)
    assert due.waiting() == []
    put(store, project, chat("t2", "Where?", "Here."))
    assert due.waiting() == [project]
