"""What the product promises, held against the running product: the SDK goes in, pages and API give it back."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.browser.conftest import Product, days_ago

pytestmark = pytest.mark.browser

QUESTION = "Where is my order LF-20417?"
ANSWER = "Order LF-20417 left our warehouse yesterday and arrives tomorrow."


def send_exchange(product: Product, place: int) -> str:
    """A chat with retrieval and a tool call, through the OpenTelemetry SDK alone; returns the trace id."""
    exporter = OTLPSpanExporter(f"{product.base}/v1/traces", headers={"Authorization": f"Bearer {product.secret}"})
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("acceptance")
    with tracer.start_as_current_span("invoke_agent") as root:
        root.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": f"accept-{place}"})
        with tracer.start_as_current_span("retrieval") as span:
            documents = [{"id": "doc-7", "content": "Parcels take two days.", "score": 0.83}]
            span.set_attributes(
                {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.documents": json.dumps(documents)}
            )
        with tracer.start_as_current_span("execute_tool order_status") as span:
            span.set_attributes(
                {
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.name": "order_status",
                    "gen_ai.tool.call.arguments": json.dumps({"order_id": "LF-20417"}),
                    "gen_ai.tool.call.result": json.dumps({"state": "sent"}),
                }
            )
        with tracer.start_as_current_span("chat gpt-4o-mini") as span:
            span.set_attributes(
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",
                    "gen_ai.request.model": "gpt-4o-mini",
                    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
                    "gen_ai.usage.input_tokens": 120,
                    "gen_ai.usage.cache_read.input_tokens": 64,
                    "gen_ai.usage.output_tokens": 30,
                    "gen_ai.usage.reasoning.output_tokens": 12,
                    "gen_ai.input.messages": _message("user", QUESTION),
                    "gen_ai.output.messages": _message("assistant", ANSWER),
                }
            )
    trace_id = f"{root.get_span_context().trace_id:032x}"
    provider.shutdown()
    return trace_id


def _message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def _when_found(product: Product, trace_id: str) -> float:
    """Seconds until API and page both have the whole trace."""
    started = time.monotonic()
    page = httpx.Client(base_url=product.base, follow_redirects=True, timeout=30)
    token = page.get("/sign-in").text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    page.post(
        "/sign-in",
        data={"username": product.email, "password": product.password, "csrfmiddlewaretoken": token, "next": ""},
        headers={"Referer": product.base},
    )
    signed_in = time.monotonic() - started
    while True:
        try:
            found = product.api(f"traces/{trace_id}", product.secret)["total"] == 4
        except httpx.HTTPStatusError:
            found = False
        if found and QUESTION in page.get(f"/p/{product.project}/traces/{trace_id}").text:
            return time.monotonic() - started - signed_in
        assert time.monotonic() - started < 30, "the trace did not appear within 30 s"
        time.sleep(0.02)


def test_a_trace_is_on_the_page_and_in_the_api_within_two_seconds(product: Product) -> None:
    """At the median of nine, counted from the moment the SDK has sent it."""
    times = [_when_found(product, send_exchange(product, place)) for place in range(9)]
    assert statistics.median(times) < 2.0, times


def test_everything_stands_in_its_place(product: Product) -> None:
    """Model, tokens, messages, documents and the tool's arguments."""
    trace_id = send_exchange(product, 99)
    _when_found(product, trace_id)
    nodes = product.api(f"traces/{trace_id}", product.secret)["nodes"]
    spans = {
        node["span"]["operation"]: product.api(f"traces/{trace_id}/spans/{node['span']['span_id']}", product.secret)
        for node in nodes
    }
    chat = spans["chat"]
    assert (chat["provider"], chat["request_model"], chat["response_model"]) == (
        "openai",
        "gpt-4o-mini",
        "gpt-4o-mini-2024-07-18",
    )
    buckets = ("uncached_input_tokens", "cached_input_tokens", "visible_output_tokens", "reasoning_output_tokens")
    assert [chat[name] for name in buckets] == [56, 64, 18, 12]
    assert chat["cost_usd"] > 0
    assert chat["input_messages"][0]["parts"][0]["content"] == QUESTION
    assert chat["output_messages"][0]["parts"][0]["content"] == ANSWER
    assert spans["retrieval"]["documents"][0]["content"] == "Parcels take two days."
    assert json.loads(spans["execute_tool"]["tool_arguments"]) == {"order_id": "LF-20417"}
    assert json.loads(spans["execute_tool"]["tool_result"]) == {"state": "sent"}


# What the simulator planted -> the detectors that answer for it. An outage that no fallback healed ends in an error.
ANSWERED_BY = {
    "empty": {"empty"},
    "repetition": {"repetition"},
    "tool_loop": {"tool_loop"},
    "truncation": {"truncated"},
    "refusal": {"refusal"},
    "outage": {"error"},
}


def _all(product: Product, what: str) -> list[dict[str, Any]]:
    """Every row of a list of the API, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = product.api(what, limit=500, cursor=cursor, start=days_ago(40))
        found += page[what]
        cursor = page["next"]
        if not cursor:
            return found


def test_each_kind_of_planted_fault_is_flagged_with_evidence(analysed: Product) -> None:
    """Most of each kind is found, each flag quotes words that stand there, and few others are flagged."""
    by_trace: dict[str, set[str]] = {}
    for flag in _all(analysed, "flags"):
        by_trace.setdefault(flag["trace_id"], set()).add(flag["detector"])
        assert flag["evidence"], flag
        assert flag["explanation"], flag
    truth = analysed.truth()
    faulty = {line["trace_id"] for line in truth if line["faults"]}
    for kind, detectors in ANSWERED_BY.items():
        planted = [
            line["trace_id"]
            for line in truth
            if any(fault["kind"] == kind and fault["detail"] != "fallback" for fault in line["faults"])
        ]
        found = [trace for trace in planted if by_trace.get(trace, set()) & detectors]
        assert len(planted) >= 8, kind
        assert len(found) >= 0.8 * len(planted), f"{kind}: {len(found)} of {len(planted)}"
    wrong = [trace for trace in by_trace if trace not in faulty]
    assert len(wrong) <= 0.1 * len(by_trace), f"{len(wrong)} of {len(by_trace)} flagged traces hold no planted fault"


def test_topics_are_the_wants_of_the_sample(analysed: Product) -> None:
    """Conversations of one want stand together, names are words that people used, and few are left in Other."""
    from sklearn.metrics import adjusted_mutual_info_score

    topics = {topic["number"]: topic for topic in analysed.api("topics")["topics"]}
    assert 8 <= len([topic for topic in topics.values() if topic["number"]]) <= 60
    assert len({topic["name"] for topic in topics.values()}) == len(topics)
    wants = {line["trace_id"]: line["want"] for line in analysed.truth() if line["want"] and line["turn"] == 0}
    stands: list[int] = []
    asked: list[str] = []
    for trace in _all(analysed, "traces"):
        if trace["trace_id"] in wants and trace["topic"]:
            stands.append(trace["topic"]["number"])
            asked.append(wants[trace["trace_id"]])
    assert len(asked) > 1000
    assert adjusted_mutual_info_score(asked, stands) > 0.6
