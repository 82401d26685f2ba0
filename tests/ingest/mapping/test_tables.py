"""Tables of several things in one attribute: who asked, when the first token came, what a call cost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend.telemetry import operation as op
from backend.telemetry.span import Span
from ingest.mapping.compose import WireSpan, source_of, span_of
from tests.ingest.otlp.clients import spans

_MS = 1_795_000_000_000


def _span(pairs: dict[str, Any]) -> Span:
    wire = WireSpan(
        trace_id="t", span_id="s", parent_span_id="", name="n", kind="internal", start_time=_MS * 10**6,
        end_time=(_MS + 1000) * 10**6, status="unset", status_message="", pairs=pairs.items(), events=[], links=[],
    )  # fmt: skip
    return span_of(wire, source_of([], "", "", []), "test")


def test_langwatchs_sdk_tells_who_asked_and_what_it_cost() -> None:
    """What its SDK really sends: metadata on the root, times and counts on the call."""
    found = spans("langwatch")
    roots = [span for span in found if span.name == "rag-chat"]
    assert [(span.conversation_id, span.user_id, span.tags) for span in roots] == [
        ("sess-42", "user-7", ("rag", "beta"))
    ] * 2
    assert all(json.loads(span.attributes["metadata"])["customer_id"] == "acme" for span in roots)
    calls = [span for span in found if span.operation == op.CHAT]
    assert [span.client_cost_usd for span in calls if span.client_cost_usd is not None] == [0.001]
    (streamed,) = [span for span in calls if span.time_to_first_token_ms is not None]
    assert 100 < streamed.time_to_first_token_ms < 200
    assert "first_token_at" in streamed.attributes["langwatch.timestamps"]
    assert {span.max_tokens for span in calls} == {0, 200}
    answered = [span for span in calls if span.status != "error" and span.request_model == "openai/gpt-4o-mini"]
    assert {(span.visible_output_tokens, span.reasoning_output_tokens) for span in answered} == {(18, 12)}


@pytest.mark.parametrize(
    ("told", "conversation", "user", "tags"),
    [
        ({"thread_id": "t", "user_id": "u", "labels": ["a"]}, "t", "u", ("a",)),
        ({"session_id": "s", "conversation_id": "c", "tags": "a, b"}, "s", "", ("a", "b")),
        ({"thread_id": "", "conversation_id": 7}, "7", "", ()),
        ({"thread_id": "[Scrubbed due to 'session']", "labels": 3}, "", "", ()),
        ({"tenant": "acme"}, "", "", ()),
    ],
)
def test_metadata_tells_who_where_nothing_else_does(
    told: dict[str, Any], conversation: str, user: str, tags: tuple[str, ...]
) -> None:
    """LangWatch's and OpenInference's; the table itself stays as it came."""
    text = json.dumps(told)
    span = _span({"metadata": text})
    assert (span.conversation_id, span.user_id, span.tags) == (conversation, user, tags)
    assert span.attributes["metadata"] == text


def test_an_attribute_of_its_own_comes_before_metadata() -> None:
    """What a span says by itself is what is meant, in whichever order it came."""
    named = {"session.id": "own", "user.id": "me", "tag.tags": ["x"]}
    table = {"metadata": json.dumps({"thread_id": "t", "user_id": "u", "labels": ["a"]})}
    for pairs in (named | table, table | named):
        span = _span(pairs)
        assert (span.conversation_id, span.user_id, span.tags) == ("own", "me", ("x",))


@pytest.mark.parametrize("value", ["a note", "[1]", "{}", '"{}"', "{", 7])
def test_metadata_that_is_no_table_stays_as_it_is(value: Any) -> None:
    """Any attribute may have that name."""
    span = _span({"metadata": value})
    assert (span.conversation_id, span.attributes["metadata"]) == ("", str(value))


@pytest.mark.parametrize(
    ("told", "expected"),
    [({"first_token_at": _MS + 250}, 250.0), ({"first_token_at": _MS - 5}, 0.0), ({"first_token_at": "soon"}, None),
     ({"first_token_at": True}, None), ({"started_at": _MS}, None)],
)  # fmt: skip
def test_the_moment_of_the_first_token(told: dict[str, Any], expected: float | None) -> None:
    """In milliseconds since 1970; before the start is at the start."""
    span = _span({"langwatch.span.type": "llm", "langwatch.timestamps": json.dumps(told)})
    assert span.time_to_first_token_ms == pytest.approx(expected)


@pytest.mark.parametrize(("told", "expected"), [({"cost": 0.5}, 0.5), ({"total_cost": 2}, 2.0), ({"cost": "?"}, None)])
def test_a_cost_beside_the_counts(told: dict[str, Any], expected: float | None) -> None:
    """It is the client's own, and kept apart from ours; another attribute that tells it comes first."""
    pairs = {"langwatch.span.type": "llm", "langwatch.metrics": json.dumps({"prompt_tokens": 5} | told)}
    assert _span(pairs).client_cost_usd == expected
    assert _span(pairs | {"gen_ai.usage.cost": 9.0}).client_cost_usd == 9.0
