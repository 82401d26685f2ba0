"""No line of a file that is analysed, however broken, does more than be counted as a bad one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from analytics.offline.exchanges import placed
from analytics.offline.record import record_of
from backend.errors import BadRequest
from tests.ingest.fuzzed import ROUNDS, bent, damaged

_CALL = {"id": "t1", "function": {"name": "look", "arguments": {"n": 1}}}
LINES: dict[str, dict[str, Any]] = {
    "conversation": {
        "kind": "conversation", "conversation_id": "c1", "user_id": "u1", "meta": {"model": "gpt-4o-mini"},
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}], "turns": [
            {"role": "system", "content": "Be kind"},
            {"role": "user", "content": [{"type": "text", "text": "where?"}, {"type": "image_url"}]},
            {"role": "assistant", "content": None, "tool_calls": [_CALL]},
            {"role": "tool", "content": "on its way", "tool_call_id": "t1", "name": "look"},
            {"role": "assistant", "content": "here"},
        ],
    },
    "text": {"kind": "text", "id": "a", "question": "Who won?", "text": "Kim won."},
    "qa": {"kind": "qa", "id": "a", "question": "Who won?", "response": "Kim.", "model": "m"},
    "rag": {"kind": "rag", "id": "a", "question": "Who?", "context": ["d0", {"text": "d1"}], "response": "Kim."},
}  # fmt: skip


def take(line: bytes) -> None:
    """Read a line, and lay its exchanges out for the analysers; only our own refusal may come out."""
    for as_answer in (False, True):
        try:
            record = record_of(line, 7, as_answer=as_answer)
        except BadRequest as refused:
            assert str(refused)
            continue
        for one in placed(record):
            assert one.spoken.place < max(1, len(record.messages))


@pytest.mark.parametrize("kind", LINES)
@ROUNDS
@given(data=some.data())
def test_a_damaged_line_is_refused_or_read(kind: str, data: some.DataObject) -> None:
    """Bytes changed, cut out or put in."""
    take(damaged(json.dumps(LINES[kind]).encode(), data))


@pytest.mark.parametrize("kind", LINES)
@ROUNDS
@given(data=some.data())
def test_any_value_at_any_place_is_refused_or_read(kind: str, data: some.DataObject) -> None:
    """What a file has where another kind of value belongs."""
    take(bent(LINES[kind], data))


@ROUNDS
@given(line=some.binary(max_size=200))
def test_noise_is_refused(line: bytes) -> None:
    """Random bytes."""
    take(line)


@pytest.mark.parametrize("depth", [400, 900, 100_000])
@pytest.mark.parametrize("name", ["turns", "text", "context", "tools", "meta"])
def test_deep_lines_are_refused_or_read(name: str, depth: int) -> None:
    """Values in values, until the reader gives up."""
    for kind, line in LINES.items():
        whole = json.dumps({**line, name: "HERE"}).replace('"HERE"', "[" * depth + "]" * depth)
        take(whole.encode())
        take(json.dumps({"kind": kind, name: []}).encode())
