"""A call that two spans tell counts once; calls that only look alike count each."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import httpx
import pytest

from backend.store.client import Store
from backend.telemetry import operation as op
from backend.telemetry.span import Span
from ingest.twins import counted_once
from tests.ingest.otlp.clients import spans as spans_of_client
from tests.ingest.rows import count, wait_for
from tests.ingest.serving import Server

_OUTER, _INNER = "openinference.instrumentation.langchain", "openinference.instrumentation.openai"
_START = 1_795_366_800 * 10**9
_CALL: dict[str, Any] = {
    "operation": op.CHAT, "request_model": "gpt-4o-mini", "input_text": "Where is it?", "output_text": "On its way.",
    "uncached_input_tokens": 56, "cached_input_tokens": 64, "visible_output_tokens": 30,
}  # fmt: skip


def _call(name: str, start: int, end: int, above: str = "", scope: str = _INNER, **told: Any) -> Span:
    """A call from a millisecond to another, named by its trace's letter and its own number."""
    return Span(
        trace_id=name[0], span_id=name, parent_span_id=above, start_time=_START + start * 10**6,
        end_time=_START + end * 10**6, scope_name=scope, **(_CALL | told),
    )  # fmt: skip


def _counting(spans: list[Span]) -> set[str]:
    """Which spans count, in whichever order they came."""
    found = {span.span_id for span in counted_once(spans) if span.operation in op.METERED}
    dice = random.Random(3)
    for _ in range(5):
        shuffled = dice.sample(spans, len(spans))
        again = counted_once(shuffled)
        assert [span.span_id for span in again] == [span.span_id for span in shuffled]
        assert {span.span_id for span in again if span.operation in op.METERED} == found
    return found


def test_a_call_below_a_call_counts_and_the_outer_keeps_its_counts_readable() -> None:
    """LlamaIndex over OpenAI, also with a step between them; totals decide where one tells no buckets."""
    step = _call("a2", 5, 95, "a1", operation=op.INVOKE_WORKFLOW)
    totals = {"uncached_input_tokens": 120, "cached_input_tokens": 0}
    assert _counting([_call("a1", 0, 100, scope=_OUTER, **totals), step, _call("a3", 10, 90, "a2")]) == {"a3"}
    outer, _ = counted_once([_call("a1", 0, 100, scope=_OUTER), _call("a2", 10, 90, "a1")])
    assert (outer.operation, outer.uncached_input_tokens, outer.input_text) == ("", 0, "Where is it?")
    assert outer.attributes["assay.counted_elsewhere.cached_input_tokens"] == "64"


def test_of_three_around_each_other_the_innermost_counts() -> None:
    """A wrapper around a framework around an SDK, all of one instrumentation or of several."""
    told = [_call("a1", 0, 100), _call("a2", 10, 90, "a1"), _call("a3", 20, 80, "a2", scope=_OUTER)]
    assert _counting(told) == {"a3"}


def test_a_call_that_began_a_trace_of_its_own_counts_where_the_users_trace_is() -> None:
    """LangChain's callbacks do not hand their trace to the SDK below; conversation and user stand in LangChain's."""
    outer = _call("a2", 0, 100, "a1", _OUTER, response_model="gpt-4o-mini-2024-07-18")
    assert _counting([outer, _call("b1", 10, 90, request_model="gpt-4o-mini-2024-07-18")]) == {"a2"}


def test_content_counts_before_none() -> None:
    """The span of an SDK itself says nothing but numbers, in the same trace and in another."""
    silent: dict[str, Any] = {"input_text": "", "output_text": "", "scope": "com.anthropic.sdk.python"}
    assert _counting([_call("a1", 0, 100), _call("a2", 10, 90, "a1", **silent)]) == {"a1"}
    assert _counting([_call("a1", 0, 100), _call("b1", 10, 90, **silent)]) == {"a1"}
    bare: dict[str, Any] = {"input_text": "", "output_text": ""}
    assert _counting([_call("a1", 0, 100, **bare), _call("a2", 10, 90, "a1", **silent)]) == {"a1"}


@pytest.mark.parametrize(
    "told",
    [
        # The same call once more, after it failed or because its answer was not good.
        [_call("a2", 0, 40, "a1"), _call("a3", 50, 90, "a1")],
        # An agent that really calls twice, the second while the first still streams.
        [_call("a2", 0, 100, "a1", _OUTER), _call("a3", 10, 90, "a1")],
        # Ten copies of a question at once, each a trace of its own.
        [_call(f"{chr(97 + place)}1", place, 100 - place) for place in range(10)],
        # Another question, model or response than that of the call around it in time.
        [_call("a2", 0, 100, "a1", _OUTER), _call("b1", 10, 90, input_text="And this?")],
        [_call("a1", 0, 100, scope=_OUTER), _call("a2", 10, 90, "a1", request_model="gpt-4o")],
        [_call("a1", 0, 100, scope=_OUTER, response_id="r1"), _call("a2", 10, 90, "a1", response_id="r2")],
        # Other counts: a call of the model by a tool that the outer call's framework ran.
        [_call("a1", 0, 100, scope=_OUTER), _call("a2", 10, 90, "a1", visible_output_tokens=31)],
        # Within another trace, but below something of its own; or not within the time.
        [_call("a2", 0, 100, "a1", _OUTER), _call("b2", 10, 90, "b1")],
        [_call("a2", 0, 100, "a1", _OUTER), _call("b1", 10, 110)],
        [_call("a1", 0, 100, scope=_OUTER), _call("a2", 10, 110, "a1")],
        # Embeddings are no answers.
        [_call("a1", 0, 100, scope=_OUTER), _call("a2", 10, 90, "a1", operation=op.EMBEDDINGS)],
    ],
)  # fmt: skip
def test_calls_that_look_alike_count_each(told: list[Span]) -> None:
    """Near misses: each of them costs its tokens."""
    assert _counting(told) == {span.span_id for span in told}


def test_a_try_that_failed_leaves_the_one_that_answered() -> None:
    """A framework's call that tried twice below tells the counts of the second."""
    nothing: dict[str, Any] = {"uncached_input_tokens": 0, "cached_input_tokens": 0, "visible_output_tokens": 0}
    told = [_call("a1", 0, 100, scope=_OUTER), _call("a2", 5, 20, "a1", **nothing), _call("a3", 30, 90, "a1")]
    assert _counting(told) == {"a2", "a3"}


def test_two_calls_below_that_both_answered_count_each() -> None:
    """The outer one tells of the last; both were paid for."""
    assert _counting([_call("a1", 0, 100, scope=_OUTER), _call("a2", 5, 40, "a1"), _call("a3", 50, 90, "a1")]) == {
        "a2", "a3",
    }  # fmt: skip


def test_each_call_around_takes_one_of_another_trace() -> None:
    """Another part of the product asked the same at the same time: the sum stays right."""
    told = [_call("a2", 0, 100, "a1", _OUTER), _call("b1", 10, 90), _call("c1", 20, 80)]
    assert len(_counting(told)) == 2


def test_thousands_of_calls_in_each_other_do_not_take_long() -> None:
    """Only the nearest of those around a call are looked at."""
    told = [_call(f"a{place}", place, 10_000 - place, f"b{place}") for place in range(4_000)]
    assert counted_once(told) == told


@pytest.mark.parametrize(
    ("client", "repeats"),
    [
        ("openinference", {_INNER: 3, "com.anthropic.sdk.python": 2, "openinference.instrumentation.llama_index": 1}),
        ("openinference-grpc", {"com.anthropic.sdk.python": 2}),
        ("langfuse5", {"langfuse-sdk": 1}),
        ("traceloop", {"com.anthropic.sdk.python": 2}),
        ("otel_genai_new-event", {"com.anthropic.sdk.python": 2}),
        ("otel_genai_langchain", {}),
        ("vercel_ai5", {}),
        ("openlit", {}),
    ],
)
def test_real_clients_calls_count_once(client: str, repeats: dict[str, int]) -> None:
    """Of what real instrumentations sent together, these repeat another's call; no other does."""
    found = [span for span in spans_of_client(client) if "assay.counted_elsewhere" in "".join(span.attributes)]
    assert Counter(span.scope_name for span in found) == repeats
    assert all(span.cost_usd is None for span in found)


def test_a_call_that_langsmith_tells_twice_in_two_bodies_counts_once(server: Server, store: Store) -> None:
    """LangChain's run and the wrapped client's below it: all that was told of a trace is looked at together."""
    usage = {"input_tokens": 120, "output_tokens": 30, "total_tokens": 150}
    run: dict[str, Any] = {
        "trace_id": "t", "run_type": "llm", "inputs": {"messages": [{"role": "user", "content": "hi"}]},
        "outputs": {"usage_metadata": usage}, "extra": {"metadata": {"ls_model_name": "gpt-4o-mini"}},
    }  # fmt: skip
    inner = run | {"id": "u", "parent_run_id": "t", "name": "ChatOpenAI", "start_time": "2026-11-22T17:00:01Z",
                   "end_time": "2026-11-22T17:00:02Z"}  # fmt: skip
    outer = run | {"id": "t", "name": "ChatOpenAI", "start_time": "2026-11-22T17:00:00Z",
                   "end_time": "2026-11-22T17:00:03Z"}  # fmt: skip
    for body in ({"post": [inner]}, {"post": [outer]}):
        answer = httpx.post(f"{server.url}/runs/batch", json=body, headers={"x-api-key": server.secret}, timeout=60)
        assert answer.is_success
        server.settle()
    wait_for(store, 2)
    assert (count(store).spans, count(store).tokens) == (2, 120)
