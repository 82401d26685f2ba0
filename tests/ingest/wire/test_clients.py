"""Requests of real clients of other APIs in, the spans and scores that were reviewed out."""

from __future__ import annotations

import json

import pytest

from tests.ingest.wire.clients import CLIENTS, golden, told


@pytest.mark.parametrize("client", CLIENTS)
def test_requests_become_what_was_reviewed(client: str) -> None:
    """Every field of every span and score is as its golden file says."""
    assert told(client) == json.loads(golden(client).read_text())


def test_a_failed_call_answers_nothing() -> None:
    """LiteLLM puts counts of nothing where a failed call of LangSmith would have its answer."""
    failed = [span for client in CLIENTS for span in told(client)["spans"] if span.get("request_model") == "fail-400"]
    assert len(failed) >= 8
    assert {(span["status"], span.get("output_text", "")) for span in failed} == {("error", "")}
