"""The stage that scores: values, causes and ledger of stored turns, again and again the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from analytics.detectors.turn import Turn
from analytics.pipeline import score
from analytics.scores.base import Score, Scored
from backend.store.client import Store
from tests.analytics.pipeline.building import chat, put

Ask = Callable[[str], list[tuple[Any, ...]]]
Go = Callable[[int], None]

_STORED = "SELECT name, label, value, source, turn_id != '' FROM score FINAL WHERE name = '{}' ORDER BY trace_id"
_LEDGER = "SELECT outcome, reason FROM ledger FINAL WHERE analyser = '{}' ORDER BY subject_id"


class Fragile(Score):
    """Is the word moon in the answer?"""

    name: ClassVar[str] = "fragile"
    version: ClassVar[str] = "3"

    def judge(self, turn: Turn) -> Scored:
        """Measure one turn."""
        if "sun" in turn.output_text:
            raise ZeroDivisionError("too bright")
        return Scored(float("moon" in turn.output_text), "The moon.", (turn.cite("output"),))


def test_turns_get_values_with_the_version_that_gave_them(project: int, store: Store, run: Go, rows: Ask) -> None:
    """Each score that could be measured is stored by turn; the ledger says why another was not."""
    put(store, project, chat("t1", "Where is it?", "It is here, where it was."))
    run(project)
    ((name, label, value, source, has_turn),) = rows(_STORED.format("satisfaction"))
    assert (name, label, source, has_turn) == ("satisfaction", "no_reaction", "analyser", 1)
    assert 0 < value < 1
    assert rows("SELECT author FROM score FINAL WHERE name = 'satisfaction'") == [("satisfaction 2",)]
    put(store, project, chat("t2", "Where is it?", ""))
    run(project)
    assert rows(_LEDGER.format("score:relevance"))[1] == ("unjudged", "there is no answer")


def test_a_bad_answer_gets_a_cause_and_a_good_one_none(project: int, store: Store, run: Go, rows: Ask) -> None:
    """The cause's word is the label, its probability the value; both turns stand in the ledger."""
    put(store, project, [*chat("t1", "Where is it?", ""), *chat("t2", "Where is it?", "It is where it was.")])
    run(project)
    ((_, label, value, _, _),) = rows(_STORED.format("cause"))
    assert label == "model_provider"
    assert 0.5 < value <= 1
    assert sorted(rows(_LEDGER.format("cause"))) == [("matched", ""), ("ran", "")]


def test_a_score_that_breaks_on_one_turn_measures_the_others(
    project: int, store: Store, run: Go, rows: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault stands in the ledger, and no value is made up."""
    monkeypatch.setattr(score, "scores", lambda: {"fragile": Fragile()})
    put(store, project, [*chat("t1", "a?", "the moon"), *chat("t2", "b?", "the sun"), *chat("t3", "c?", "a star")])
    run(project)
    assert [value for _, _, value, _, _ in rows(_STORED.format("fragile"))] == [1.0, 0.0]
    assert sorted(rows(_LEDGER.format("score:fragile"))) == [
        ("failed", "ZeroDivisionError: too bright"), ("matched", ""), ("ran", ""),
    ]  # fmt: skip


def test_what_has_no_value_any_more_is_taken_back(
    project: int, store: Store, run: Go, rows: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later run stores what it finds now, and people's scores stay."""
    monkeypatch.setattr(score, "scores", lambda: {"fragile": Fragile()})
    put(store, project, chat("t1", "a?", "the moon"))
    run(project)
    assert len(rows(_STORED.format("fragile"))) == 1
    monkeypatch.setattr(score, "scores", dict)
    score.ScoreTurns().run(project, ["t1"])
    assert rows(_STORED.format("fragile")) == []
