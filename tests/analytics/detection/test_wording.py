"""Own detectors by words or pattern: what they find and what only looks like it, and definitions that are refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from analytics.detection.wording import wording_kind
from analytics.detectors.base import Document, Finding, ToolCall, Turn, TurnColumns, Unjudged
from backend.detection.definitions import own_name, wording
from backend.errors import BadRequest
from tests.pace import cpu_within

Make = Callable[..., Turn]


def _found(turn: Turn, **given: Any) -> list[tuple[str, str, int, int]] | None:
    """What the evidence quotes, with where from and its place; None where nothing was found."""
    kind = wording_kind("own_test", wording({"places": ["answer"], **given}))
    (verdict,) = kind().detect(TurnColumns.of([turn]))
    if not isinstance(verdict, Finding):
        return None
    return [(one.source, one.quote, one.start, one.end) for one in verdict.evidence]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("We use Acme Cloud here.", ["Acme Cloud"]),
        ("ACME CLOUD and acme cloud", ["ACME CLOUD", "acme cloud"]),
        ("Über-Müller, (Müller)!", ["Müller", "Müller"]),
        ("日本 🚀 Müller 🚀", ["Müller"]),
        ("Acme Clouds are many, preAcme Cloud", None),
        ("Acme  Cloud", None),
        ("Müllers", None),
        ("a+b is written so", ["a+b"]),
        ("aab", None),
        ("", None),
    ],
)
def test_keywords_are_found_as_whole_words(make_turn: Make, answer: str, found: list[str] | None) -> None:
    """Any case, any script, signs as they stand; a part of a longer word is no match."""
    seen = _found(make_turn(answer), words=["acme cloud", "müller", "a+b"])
    assert (seen and [quote for _, quote, _, _ in seen]) == found
    for _, quote, start, end in seen or []:
        assert answer[start:end] == quote


def test_case_and_parts_of_words_count_where_that_is_chosen(make_turn: Make) -> None:
    """Both options, each against its opposite."""
    turn = make_turn("ACME acmes")
    assert _found(turn, words=["acme"], is_case_sensitive=True) is None
    assert _found(turn, words=["acme"], is_case_sensitive=True, is_whole=False) == [("answer", "acme", 5, 9)]
    assert _found(turn, words=["acme"]) == [("answer", "ACME", 0, 4)]


def test_each_place_is_looked_at_only_where_it_was_chosen(make_turn: Make) -> None:
    """Users, answers, documents, tools: evidence names the one it is from, with the place in its own text."""
    turn = make_turn(
        "x ticket-1", input_text="ticket-2",
        documents=[Document("none"), Document("a ticket-3", span_id="d")],
        tool_calls=[ToolCall("find", '{"id": "ticket-4"}', "t", "gives ticket-5")],
    )  # fmt: skip
    places = {"answer": ["ticket-1"], "user": ["ticket-2"], "document": ["ticket-3"], "tool": ["ticket-4", "ticket-5"]}
    for place, quotes in places.items():
        seen = _found(turn, pattern=r"ticket-\d", places=[place])
        assert seen
        assert [quote for _, quote, _, _ in seen] == quotes
    seen = _found(turn, pattern=r"ticket-\d", places=list(places))
    assert seen
    assert len(seen) == 5


def test_a_turn_without_the_text_is_not_judged(make_turn: Make) -> None:
    """The reason names the place."""
    kind = wording_kind("own_test", wording({"places": ["document", "tool"], "words": ["x"]}))
    assert kind().judge(make_turn("x")) == Unjudged("the turn has no text of document or tool")


def test_a_definition_names_its_version_and_explains_itself(make_turn: Make) -> None:
    """Another definition has another version, whatever it is called; the quote stands in the explanation."""
    first = wording({"places": ["answer"], "words": ["moon"], "explanation": "Names a rival.", "severity": "high"})
    again = wording({"places": ["answer"], "words": ["moon"], "explanation": "Names a rival.", "severity": "high"})
    other = wording({"places": ["answer"], "words": ["moons"], "explanation": "Names a rival.", "severity": "high"})
    assert first.version == again.version != other.version
    finding = wording_kind("own_rival", first)().judge(make_turn("the moon"))
    assert isinstance(finding, Finding)
    assert (finding.score, finding.explanation) == (1.0, "Names a rival: “moon”.")
    assert wording(first.as_json()) == first


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "either keywords or a pattern"),
        ({"words": ["a"], "pattern": "b"}, "either keywords or a pattern"),
        ({"words": ["a"] * 1001}, "the limit is 1,000"),
        ({"words": ["a" * 201]}, "the limit is 200"),
        ({"words": ["a" * 200] * 101}, "the limit is 20,000"),
        ({"words": [" "]}, "empty"),
        ({"pattern": "a" * 1001}, "the limit is 1,000"),
        ({"pattern": "("}, "RE2's syntax: missing )"),
        ({"pattern": "(?=x)"}, "RE2's syntax"),
        ({"pattern": r"(a)\1"}, "RE2's syntax"),
        ({"pattern": "((a{100}){100}){100}"}, "RE2's syntax"),
        ({"pattern": "x*"}, "empty text"),
        ({"words": ["a"], "places": []}, "where to look"),
        ({"words": ["a"], "places": ["moon"]}, "where to look"),
        ({"words": ["a"], "severity": "fatal"}, "low, medium or high"),
        ({"words": ["a"], "explanation": "x" * 301}, "the limit is 300"),
        ({"words": "a"}, "cannot be read"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(given: dict[str, Any], said: str) -> None:
    """The message says what, and the limit."""
    with pytest.raises(BadRequest, match=said.replace("(", r"\(").replace(")", r"\)")):
        wording({"places": ["answer"], **given})


@pytest.mark.parametrize("name", ["", "ab", "1abc", "a" * 41, "own_", "réfus", "a.b.c", "../x"])
def test_names_are_plain(name: str) -> None:
    """A name stands in addresses and searches."""
    with pytest.raises(BadRequest):
        own_name(name)


def test_a_name_gets_its_prefix_once() -> None:
    """No own detector is called like one of the product."""
    assert own_name("Rival names") == own_name("own_rival_names") == own_name("rival-names") == "own_rival_names"


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*)*x", "([a-z]+ ?){1,50}!"])
def test_no_pattern_hangs_on_a_hostile_text(make_turn: Make, pattern: str) -> None:
    """What would take a backtracking engine for ever takes a moment."""
    with cpu_within(2, time.thread_time):
        _found(make_turn("a" * 50_000 + "b"), pattern=pattern)
