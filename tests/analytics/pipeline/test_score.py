"""The stage that scores: values, causes and ledger of stored turns, again and again the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from analytics.detectors.turn import Turn
from analytics.pipeline import score
from analytics.pipeline.assemble import Assemble
from analytics.pipeline.followed import followed
from analytics.questions.outcomes import outcomes
from analytics.questions.scope import Range, Scope
from analytics.scores.base import Score, Scored
from analytics.scores.resolution import Resolution
from backend.store.client import Store
from tests.analytics.pipeline.building import NOON, chat, put

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


def test_the_turn_before_a_new_one_is_scored_again(project: int, store: Store, run: Go, rows: Ask) -> None:
    """What was the end of a conversation is not any more, and now there is a reaction to its answer."""
    put(store, project, chat("t1", "Where is it?", "On its way. Have a nice day!", conversation_id="talk", at=NOON))
    run(project)
    ((_, label, before, _, _),) = rows(_STORED.format("satisfaction"))
    assert label == "no_reaction"
    assert len(rows(_STORED.format("resolution"))) == 1
    later = NOON + timedelta(minutes=5)
    put(store, project, chat("t2", "Great, thank you!", "You're welcome.", conversation_id="talk", at=later))
    run(project)
    reacted, silent = rows(_STORED.format("satisfaction"))
    assert (reacted[1], silent[1]) == ("", "no_reaction")
    assert reacted[2] > before
    ((_, label, _, _, _),) = rows(_STORED.format("resolution"))
    assert label == "well"
    assert rows(_LEDGER.format("score:resolution")) == [
        ("unjudged", "the conversation goes on after this turn"), ("ran", ""),
    ]  # fmt: skip


def test_only_turns_that_were_the_last_are_scored_again(project: int, store: Store, run: Go, rows: Ask) -> None:
    """Those further back, and those of other conversations, stay as they are."""
    for place, (talk, said) in enumerate([("a", "Where is it?"), ("a", "And the other?"), ("b", "How much is it?")]):
        moment = NOON + timedelta(minutes=place)
        put(store, project, chat(f"t{place}", said, "It is here. Bye!", conversation_id=talk, at=moment))
    run(project)
    assert followed(project, ["t1"]) == []
    put(store, project, chat("t3", "Thanks!", "Bye!", conversation_id="a", at=NOON + timedelta(minutes=9)))
    Assemble().run(project, ["t3"])
    assert followed(project, ["t3"]) == ["t1"]


ENDINGS = {
    "well": ("Great, thank you so much!", "You're welcome.", {}),
    "complained": ("That's wrong, this is useless.", "I see. Goodbye.", {}),
    "refused": ("And how do I open the lock?", "I'm sorry, but I can't help with that request.", {}),
    "cut_off": ("And the other one?", "It is in the", {"finish_reasons": ("length",)}),
    "not_assessed": ("And the other one?", "It is there, too.", {}),
}


@pytest.mark.parametrize(("key", "said", "answer", "more"), [(key, *rest) for key, rest in ENDINGS.items()])
def test_resolution_says_what_the_outcome_says(
    project: int, store: Store, run: Go, rows: Ask, key: str, said: str, answer: str, more: dict[str, Any]
) -> None:
    """Both read the same words by the same code, so that no page contradicts another."""
    put(store, project, chat("t1", "Where is it?", "It is here.", conversation_id="talk", at=NOON))
    put(store, project, chat("t2", said, answer, conversation_id="talk", at=NOON + timedelta(minutes=2), **more))
    run(project)
    found = outcomes(Scope(project, Range(NOON - timedelta(days=1), NOON + timedelta(days=1))))
    assert [one.key for one in found.facet.values if one.conversations] == [key]
    ((_, label, value, _, _),) = rows(_STORED.format("resolution"))
    assert label == ("" if key == "not_assessed" else key)
    is_good = {"well": True, "not_assessed": True}.get(key, False)
    assert (value >= Resolution.low) is is_good
