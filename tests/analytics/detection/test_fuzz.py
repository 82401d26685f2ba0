"""No answer of a judge's endpoint, however broken, does more than leave a turn unjudged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from analytics.detection import asking
from analytics.detection.asking import CouldNotJudge, NoReply
from tests.ingest.fuzzed import ROUNDS, bent, damaged

_VERDICT = {"mark": "m", "verdict": "flag", "confidence": 0.9, "reason": "It promises one.", "quote": "a refund"}
_COMPLETION: dict[str, Any] = {
    "choices": [{
        "index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": "yes", "tool_calls": [{"function": {"name": "look"}}]},
    }],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 50},
}  # fmt: skip


def _complete(body: bytes) -> None:
    used: list[int] = []
    asked = asking.Asked("", "m", "", lambda: True, lambda *tokens: used.extend(tokens), 1.0, lambda _: None)
    try:
        asking._completion(body, asked)
    except NoReply as refused:
        assert str(refused)
    assert all(0 <= count < 2**31 for count in used)


def _read(content: str) -> None:
    try:
        found = asking._read(content)
    except CouldNotJudge as refused:
        assert str(refused)
    else:
        assert isinstance(found.confidence, float)


@ROUNDS
@given(data=some.data())
def test_a_broken_completion_is_no_reply(data: some.DataObject) -> None:
    """Bytes changed, other values at any place: a completion or a refusal, and counts that can be kept."""
    _complete(damaged(json.dumps(_COMPLETION).encode(), data))
    _complete(bent(_COMPLETION, data))


@ROUNDS
@given(data=some.data(), noise=some.binary(max_size=200))
def test_a_broken_verdict_judges_nothing(data: some.DataObject, noise: bytes) -> None:
    """The same of what the model wrote, and of random bytes."""
    _read(damaged(json.dumps(_VERDICT).encode(), data).decode("utf-8", "replace"))
    _read(bent(_VERDICT, data).decode("utf-8", "replace"))
    _read(noise.decode("utf-8", "replace"))
    _complete(noise)


@ROUNDS
@given(some.integers(-(2**70), 2**70))
@example(2**63)
def test_counts_that_no_call_has_are_no_reply(count: int) -> None:
    """They would not fit where costs are kept."""
    _complete(json.dumps({**_COMPLETION, "usage": {"prompt_tokens": count, "completion_tokens": count}}).encode())


@pytest.mark.parametrize("depth", [500, 2000, 100_000])
def test_a_deep_reply_is_refused(depth: int) -> None:
    """Values in values, until the reader gives up."""
    for deep in ("[" * depth, "[" * depth + "]" * depth, '{"x":' * depth + "1" + "}" * depth):
        _read(deep)
        _read(json.dumps({**_VERDICT, "reason": "HERE"}).replace('"HERE"', deep))
        _complete(deep.encode())
        _complete(json.dumps({**_COMPLETION, "other": "HERE"}).replace('"HERE"', deep).encode())
