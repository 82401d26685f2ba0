"""What real clients sent comes out right: the fake model answers each call with 120 tokens in, 64 of them cached."""

from __future__ import annotations

import json
import random

import pytest

from backend.telemetry import operation as op
from backend.telemetry.span import Span
from tests.ingest.wire.captured import outcome, requests, spans_of

_QUESTION = "Where is my order A-1001?"
_ANSWER = "Your order A-1001 ships tomorrow"


def _buckets(span: Span) -> tuple[int, int, int, int]:
    return (
        span.uncached_input_tokens,
        span.cached_input_tokens,
        span.visible_output_tokens,
        span.reasoning_output_tokens,
    )


@pytest.mark.parametrize(
    ("client", "model"),
    [("langfuse2", "gpt-4o-mini-2024-07-18"), ("opik", "gpt-4o-mini-2024-07-18"), ("posthog", "gpt-4o-mini"),
     ("litellm-generic_api", "gpt-4o-mini"), ("openai_agents", "gpt-4o-mini")],
)  # fmt: skip
def test_a_chat_comes_out_with_its_content_and_numbers(client: str, model: str) -> None:
    """Model, question, answer and disjoint buckets, whichever words the client uses."""
    found = outcome(client)
    assert found.rejected == []
    chats = [span for span in found.spans if span.operation == op.CHAT and span.request_model == model]
    counted = [span for span in chats if _buckets(span) == (56, 64, 18, 12)]
    assert len(counted) >= 2
    assert any(_QUESTION in span.input_text for span in counted)
    assert any(span.output_text.startswith(_ANSWER) for span in counted)
    assert all(span.cost_usd and span.cost_usd > 0 for span in counted if span.request_model.startswith("gpt-4o-mini"))


@pytest.mark.parametrize("client", ["langfuse2", "opik", "posthog", "openai_agents"])
def test_conversation_and_user_reach_every_model_call(client: str) -> None:
    """Whether the client says it of the trace or of each step, a call can be found by who and where."""
    told = [span for span in outcome(client).spans if span.conversation_id]
    assert {span.conversation_id for span in told} == {"sess-42"}
    assert {span.user_id for span in told} == {"user-7"}
    assert any(span.operation == op.CHAT for span in told)


def test_anthropic_counts_stand_beside_the_input() -> None:
    """Cached tokens are added to 40, not taken from it."""
    call = next(span for span in outcome("posthog").spans if span.provider == "anthropic")
    assert (*_buckets(call)[:2], call.cache_write_input_tokens) == (40, 64, 16)


@pytest.mark.parametrize("client", ["opik", "litellm-generic_api", "openai_agents"])
def test_a_failed_call_says_why(client: str) -> None:
    """The fake model refuses one call."""
    failed = [span for span in outcome(client).spans if span.status == "error" and span.operation == op.CHAT]
    assert failed
    assert all(span.status_message for span in failed)
    assert all(not span.output_text and span.cost_usd in {None, 0.0} for span in failed)


def test_langfuse_traces_are_the_roots_of_their_observations() -> None:
    """The trace is a span of its own id, and its end is that of the last below it."""
    spans = outcome("langfuse2").spans
    roots = [span for span in spans if span.span_id == span.trace_id]
    assert roots
    for root in roots:
        children = [span for span in spans if span.trace_id == root.trace_id and span is not root]
        assert all(child.parent_span_id for child in children)
        assert root.end_time >= max([root.start_time, *(child.end_time for child in children)])


def test_langfuse_scores_are_numbers_words_and_truths() -> None:
    """Each data type of a score, of traces, observations and conversations."""
    scores = {(score.name, score.value, score.label) for score in outcome("langfuse5").scores}
    assert ("user-feedback", 1.0, "true") in scores
    assert ("faithfulness", 0.87, "") in scores
    assert ("sentiment", None, "positive") in scores
    by_conversation = [score for score in outcome("langfuse5").scores if score.conversation_id]
    assert [(score.name, score.value, score.trace_id) for score in by_conversation] == [("csat", 4.0, "")]


@pytest.mark.parametrize("client", ["langfuse2", "opik", "langsmith", "litellm-langsmith"])
def test_the_order_of_messages_does_not_matter(client: str) -> None:
    """Parts in any order, and each of them twice, make the same spans."""
    parts = outcome(client).parts
    expected = {(span.trace_id, span.span_id): span for span in spans_of(parts)}
    dice = random.Random(7)
    for _ in range(5):
        shuffled = [*parts, *parts]
        dice.shuffle(shuffled)
        assert {(span.trace_id, span.span_id): span for span in spans_of(shuffled)} == expected


def test_langfuse_is_never_told_of_an_error_in_a_batch() -> None:
    """Its SDKs would send the whole batch three times again."""
    for request in [*requests("langfuse2"), *requests("edge_langfuse2")]:
        answer = request.decoded().answer
        assert answer is not None
        told = json.loads(answer.body)
        assert (answer.status, told["errors"]) == (207, [])
        assert len(told["successes"]) == len(json.loads(request.body)["batch"])


@pytest.mark.parametrize("client", ["edge_langfuse2", "edge_langsmith", "edge_opik"])
def test_hostile_texts_are_taken(client: str) -> None:
    """NUL, lone surrogates, NaN and numbers beyond 64 bits neither fail nor reach the store as they are."""
    found = outcome(client)
    assert found.parts or found.spans
    for span in found.spans:
        assert "\x00" not in span.input_text + span.output_text
        str(span).encode()
