"""Traces are found again with everything in its place."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.test import APIClient


def test_the_list_shows_the_trace(trace: str, with_key: APIClient) -> None:
    """With its model, tokens, user and conversation."""
    page = with_key.get(reverse("api_traces")).json()
    assert [row["trace_id"] for row in page["traces"]] == [trace]
    row = page["traces"][0]
    assert (row["name"], row["models"], row["status"]) == ("invoke_agent shop", ["gpt-4o-mini-2024-07-18"], "ok")
    assert (row["input_tokens"], row["output_tokens"], row["unpriced_spans"]) == (120, 30, 1)
    assert (row["user_id"], row["conversation_id"], row["span_count"]) == ("cust_1", "conversation-1", 4)
    assert page["next"] == ""


def test_a_search_is_the_grammar_of_the_page(trace: str, with_key: APIClient) -> None:
    """What fits is there, what does not is not, and what cannot be read is named."""
    url = reverse("api_traces")
    assert with_key.get(url, {"q": "model:gpt-4o* order"}).json()["traces"]
    assert not with_key.get(url, {"q": "status:error"}).json()["traces"]
    answer = with_key.get(url, {"q": "latency:soon"})
    assert answer.status_code == 400
    assert "latency:soon" in answer.json()["error"]["message"]


def test_a_trace_is_its_spans_in_order(trace: str, with_key: APIClient) -> None:
    """Root first, then children as they ran."""
    found = with_key.get(reverse("api_trace", args=[trace])).json()
    names = [(node["span"]["name"], node["depth"]) for node in found["nodes"]]
    assert names == [("invoke_agent shop", 0), ("retrieval", 1), ("execute_tool lookup", 1), ("chat gpt-4o-mini", 1)]
    assert found["total"] == 4


def test_a_span_holds_messages_documents_and_arguments(trace: str, with_key: APIClient) -> None:
    """As JSON, not as text of JSON."""
    chat = with_key.get(reverse("api_span", args=[trace, "4" * 16])).json()
    assert chat["input_messages"][0]["parts"][0]["content"] == "Where is my order?"
    assert chat["output_messages"][0]["parts"][0]["content"] == "It arrives tomorrow."
    assert (chat["uncached_input_tokens"], chat["cached_input_tokens"], chat["reasoning_output_tokens"]) == (56, 64, 12)
    retrieval = with_key.get(reverse("api_span", args=[trace, "2" * 16])).json()
    assert retrieval["documents"] == [{"id": "doc-1", "content": "Orders take two days.", "score": 0.9}]
    tool = with_key.get(reverse("api_span", args=[trace, "3" * 16])).json()
    assert (tool["tool_name"], tool["tool_arguments"]) == ("lookup", '{"order_id": "A-1"}')


@pytest.mark.parametrize("ids", [["f" * 32], ["a" * 32, "f" * 16]])
def test_what_is_not_there_is_404(trace: str, with_key: APIClient, ids: list[str]) -> None:
    """With the id that was asked for."""
    answer = with_key.get(reverse("api_trace" if len(ids) == 1 else "api_span", args=ids))
    assert answer.status_code == 404
    assert ids[-1] in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 501},
        {"start": "soon"},
        {"sort": "luck"},
        {"cursor": "x"},
        {"start": "2026-01-02", "end": "2026-01-01"},
    ],
)
def test_a_query_that_cannot_be_read_is_400(trace: str, with_key: APIClient, query: dict[str, str]) -> None:
    """And says which part."""
    answer = with_key.get(reverse("api_traces"), query)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"
