"""Sentences of what changed: told when chance does not explain it, and not otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from analytics.questions.changes import what_changed
from analytics.questions.filters import compile_filter
from analytics.questions.grammar import parse
from analytics.questions.scope import Range, Scope
from analytics.questions.topics import NOTHING
from analytics.questions.traces import count_traces
from backend.store.client import Store
from tests.analytics.pipeline.building import NOON, put, span

TODAY = Range(NOON, NOON + timedelta(days=1))
YESTERDAY = NOON - timedelta(hours=12)


def turns(name: str, count: int, bad: int = 0, ms: float = 1000, **fields: Any) -> list[Any]:
    """Answers of one model, the first few of them failed or empty as the fields say."""
    usual = {"operation": "chat", "input_text": "Where?", "output_text": "Here.", "response_model": "m-1"}
    return [
        span(
            f"{name}{number}", "chat", ms=ms + number, **{**usual, **(fields if number < bad else {"at": fields["at"]})}
        )
        for number in range(count)
    ]


FAILED = {"status": "error", "output_text": "", "error_type": "Timeout"}
EMPTY = {"output_text": "", "finish_reasons": ("stop",)}


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (turns("a", 200, 2, at=YESTERDAY, **FAILED), turns("b", 200, 40, at=NOON, **FAILED), {"errors_up", "flags_up"}),
        (turns("a", 200, 10, at=YESTERDAY, **FAILED), turns("b", 200, 14, at=NOON, **FAILED), set()),
        (turns("a", 200, 0, at=YESTERDAY), turns("b", 200, 30, at=NOON, **EMPTY), {"flags_up"}),
        (turns("a", 100, at=YESTERDAY), turns("b", 100, ms=2500, at=NOON), {"slower"}),
        (turns("a", 100, at=YESTERDAY), turns("b", 100, ms=1010, at=NOON), set()),
        (turns("a", 100, at=YESTERDAY), turns("b", 20, 20, at=NOON, **FAILED), set()),  # too few to speak of
    ],
)  # fmt: skip
def test_a_change_is_told_when_chance_does_not_explain_it(
    project: int, store: Store, run: Callable[[int], None], before: list[Any], now: list[Any], told: set[str]
) -> None:
    """Against the day before; each sentence leads to the traces it speaks of."""
    put(store, project, [*before, *now])
    run(project)
    scope = Scope(project, TODAY)
    found = what_changed(scope, NOTHING)
    assert {change.kind for change in found} == told
    for change in found:
        assert count_traces(scope, compile_filter(parse(change.search))) > 0
        assert " in the range before" in change.text


def test_what_was_not_looked_at_before_did_not_grow(project: int, store: Store, run: Callable[[int], None]) -> None:
    """While a detector works off a backlog, newest first, it finds nothing earlier: that is no change."""
    put(store, project, turns("a", 200, at=YESTERDAY) + turns("b", 200, 30, at=NOON, **EMPTY))
    run(project)
    scope = Scope(project, TODAY)
    assert {change.kind for change in what_changed(scope, NOTHING)} == {"flags_up"}
    store.command(
        "INSERT INTO ledger SELECT project_id, analyser, analyser_version, subject_id, 'failed', 'no time',"
        " subject_time, version + 1 FROM ledger FINAL"
        " WHERE project_id = {project_id:UInt32} AND analyser = 'detector:empty'"
        " AND subject_time < {noon:DateTime64(9)}",
        {"project_id": project, "noon": NOON},
    )
    assert what_changed(scope, NOTHING) == []


def test_sentences_say_how_many_stand_behind_them(project: int, store: Store, run: Callable[[int], None]) -> None:
    """Figures with their sample and the interval of the difference."""
    put(store, project, turns("a", 200, 2, at=YESTERDAY, **FAILED) + turns("b", 200, 40, at=NOON, **FAILED))
    run(project)
    (sentence,) = [one.text for one in what_changed(Scope(project, TODAY), NOTHING) if one.kind == "errors_up"]
    assert sentence == (
        "m-1 fails more: 20.0% (40 of 200) of its turns, 1.0% (2 of 200) in the range before (+13.4 to +25.1 points)."
    )


def test_without_a_day_before_the_end_is_compared_with_the_beginning(
    project: int, store: Store, run: Callable[[int], None]
) -> None:
    """A new project has something to compare after a while."""
    put(store, project, turns("a", 150, at=NOON) + turns("b", 100, 30, at=NOON + timedelta(hours=20), **EMPTY))
    run(project)
    (change,) = what_changed(Scope(project, TODAY), NOTHING)
    assert (change.kind, change.search) == ("flags_up", "flag:empty")
    assert "in the first three quarters of the range" in change.text
