"""What fails is tried again, in parts, and passed over in the end: loudly, and never the others with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from analytics.pipeline import advance
from backend.errors import StoreAway
from backend.jobs import claims
from backend.jobs.models import Run, Stage
from backend.store.client import Store
from tests.analytics.pipeline.building import put
from tests.analytics.pipeline.stepping import Recorder, settle, some_traces, to_the_end

Ask = Callable[[str], list[tuple[Any, ...]]]


def test_a_bad_trace_is_passed_over_loudly_and_the_others_are_done(
    project: int, store: Store, monkeypatch: pytest.MonkeyPatch, rows: Ask
) -> None:
    """The window is tried in parts; the ledger and the run name what could not be done."""
    settle(monkeypatch)
    put(store, project, some_traces(9))
    recorder = Recorder(fails=lambda ids: ValueError("broken") if "t0004" in ids else None)
    to_the_end(project, [recorder])
    assert sorted(recorder.traces) == [f"t{number:04}" for number in range(9) if number != 4]
    assert rows("SELECT subject_id, outcome, reason FROM ledger") == [("t0004", "failed", "ValueError: broken")]
    run = Run.objects.get()
    assert (run.state, "t0004" in run.error, run.counts["traces"]) == ("done", True, 8)
    assert Stage.objects.get().position is not None


def test_what_fails_for_every_trace_is_tried_again_before_it_is_passed_over(
    project: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is no fault of the traces; but in the end the stage does not stand still for ever."""
    settle(monkeypatch)
    put(store, project, some_traces(12))
    recorder = Recorder(fails=lambda ids: ValueError("everything is broken"))
    for _ in range(advance.TRIES):
        to_the_end(project, [recorder])
        assert Stage.objects.get().position is None
    assert set(Run.objects.values_list("state", flat=True)) == {"failed"}
    to_the_end(project, [recorder])
    assert Stage.objects.get().position is not None
    assert "12 traces were passed over" in Run.objects.first().error


def test_a_store_that_is_away_moves_nothing(project: int, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even after many tries: the window waits until ClickHouse is back."""
    settle(monkeypatch)
    put(store, project, some_traces(2))
    fault: list[Exception | None] = [StoreAway("ClickHouse does not answer")]
    recorder = Recorder(fails=lambda ids: fault[0])
    for _ in range(advance.TRIES + 2):
        to_the_end(project, [recorder])
    assert (recorder.traces, Stage.objects.get().position) == ([], None)
    fault[0] = None
    to_the_end(project, [recorder])
    assert recorder.traces == ["t0000", "t0001"]


def test_a_window_that_kills_the_worker_is_tried_in_parts(
    project: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was left open by the dead is closed by the next, with ever smaller windows at that place."""
    settle(monkeypatch)
    put(store, project, some_traces(40))
    recorder = Recorder(window=32)
    stage = claims.stages_of(project, ["assemble"])[0]
    place = advance.Place.of(stage).text
    Run.objects.create(stage=stage, counts={"place": place})
    to_the_end(project, [recorder])
    assert [len(ids) for ids in recorder.seen] == [2, 32, 6]
    assert Run.objects.order_by("id").first().error == claims.DIED


def test_a_stage_that_stalls_holds_up_only_those_that_follow_it(
    project: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Topics cannot be assigned; flags come all the same, whether the traces are fresh or settled."""
    put(store, project, some_traces(6))
    stuck, after, beside = (Recorder() for _ in range(3))
    stuck.name, stuck.follows = "embed", ""  # type: ignore[misc]
    after.name, after.follows = "assign", "embed"  # type: ignore[misc]
    stuck.fails = lambda ids: ValueError("no model")
    for seconds in (3600, 0):
        settle(monkeypatch, seconds)
        to_the_end(project, [stuck, after, beside])
        assert (after.traces, len(beside.traces)) == ([], 6)
