"""Values nested as deep as ingest keeps them: pages and the API stand deeper in calls, and show them as text."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.store.client import Store
from tests.analytics.pipeline.building import put
from tests.conftest import Cast
from tests.frontend.pages.conftest import insert, turn
from tests.frontend.pages.sent import exchange

SignIn = Callable[[User], Client]


def _store(store: Store, project_id: int, depth: int) -> None:
    """A trace whose every value of a client's own is nested so deep, and its turn."""
    deep = "[" * depth + "]" * depth
    part = {"type": "tool_call", "name": "f", "arguments": "HERE"}
    told = {
        "messages": [{"role": "assistant", "parts": [part]}],
        "documents": [{"id": "d", "content": "c", "metadata": {"a": "HERE"}}],
        "events": [{"name": "x", "time": 1, "attributes": {"a": "HERE"}}],
        "calls": [{"name": "f", "arguments": "HERE", "span_id": "s", "status": "asked"}],
    }
    texts = {name: json.dumps(value).replace('"HERE"', deep) for name, value in told.items()}
    shared = {"tool_arguments": deep, "tool_result": deep, "tool_definitions": deep, "links": deep}
    spans = exchange(
        "t1", input_messages=texts["messages"], output_messages=texts["messages"], events=texts["events"], **shared
    )
    put(store, project_id, spans)
    insert(store, project_id, "turn", [turn("t1.0", documents=texts["documents"], tool_calls=texts["calls"])])


@pytest.mark.parametrize("depth", [400, 970, 5000])
@pytest.mark.parametrize(
    "address",
    ["traces/t1", "traces/t1?view=spans", "traces/t1?view=raw", "traces/t1?view=spans&span=chat", "conversations/c1"],
)
def test_a_page_shows_what_it_can(store: Store, cast: Cast, signed_in: SignIn, address: str, depth: int) -> None:
    """Every page of the trace opens."""
    _store(store, cast.project.pk, depth)
    assert signed_in(cast.member).get(f"/p/acme/{address}").status_code == 200


@pytest.mark.parametrize("depth", [400, 700, 970, 5000])
@pytest.mark.parametrize("address", ["traces/t1", "traces/t1/spans/chat"])
def test_the_api_answers(store: Store, cast: Cast, address: str, depth: int) -> None:
    """With the value, or with its text where it is nested too deeply to be written anew."""
    _store(store, cast.project.pk, depth)
    answer = Client(headers={"authorization": f"Bearer {cast.secret}"}).get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.content[:300]
