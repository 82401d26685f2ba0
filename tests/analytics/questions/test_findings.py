"""Flags with their evidence and scores, by turn and trace."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from analytics.questions.findings import flags_of_turns, scores_of
from backend.store.client import Store

QUOTE = {"span_id": "s", "field": "output", "start": 3, "end": 7, "quote": "word"}


def write(store: Store, table: str, **fields: Any) -> None:
    """Store one row of a versioned table."""
    row = {"project_id": 1, "version": time.time_ns(), "is_deleted": 0, **fields}
    store.insert(table, list(row), [[value] for value in row.values()])


def test_flags_of_a_turn_come_gravest_first(store: Store) -> None:
    """With the words they rest on; flags that were taken back are gone."""
    for detector, severity in (("refusal", "low"), ("empty", "high"), ("cut", "medium")):
        write(store, "flag", turn_id="t.0", detector=detector, severity=severity, evidence=json.dumps([QUOTE]))
    write(store, "flag", turn_id="t.0", detector="error", severity="high", is_deleted=1)
    found = flags_of_turns(1, ["t.0", "t.1"])
    assert [flag.detector for flag in found.pop("t.0")] == ["empty", "cut", "refusal"]
    assert found == {}


@pytest.mark.parametrize(
    ("stored", "quotes"), [(json.dumps([QUOTE]), ["word"]), ("", []), ("not json", []), ("{}", [])]
)
def test_evidence_that_cannot_be_read_is_none(store: Store, stored: str, quotes: list[str]) -> None:
    """A page is still worth having."""
    write(store, "flag", turn_id="t.0", detector="empty", severity="high", evidence=stored)
    assert [one.quote for one in flags_of_turns(1, ["t.0"])["t.0"][0].cited] == quotes


def test_scores_are_of_the_traces_and_of_the_conversation_as_a_whole(store: Store) -> None:
    """Not of its other traces."""
    write(store, "score", score_id="1", name="a", trace_id="t", conversation_id="c", time=1)
    write(store, "score", score_id="2", name="b", trace_id="", conversation_id="c", time=2)
    write(store, "score", score_id="3", name="c", trace_id="other", conversation_id="c", time=3)
    write(store, "score", score_id="4", name="d", trace_id="", conversation_id="", time=4)
    assert [one.name for one in scores_of(1, ["t"], "c")] == ["a", "b"]
    assert [one.name for one in scores_of(1, ["t"])] == ["a"]
    assert scores_of(2, ["t"], "c") == []
