"""What LiteLLM tells of a call, by its own callback and within what it sends to other products."""

from __future__ import annotations

from typing import Any, Final

from backend.telemetry import operation as op
from ingest.mapping.values import as_text, words
from ingest.wire.reading import counted, first, nanoseconds, number, rows, table

_OPERATIONS: Final = {
    "embedding": op.EMBEDDINGS, "rerank": op.RERANK, "text_completion": op.TEXT_COMPLETION,
    "call_mcp_tool": op.EXECUTE_TOOL,
}  # fmt: skip


def is_record(value: Any) -> bool:
    """Whether a value is LiteLLM's record of a call."""
    return isinstance(value, dict) and "litellm_call_id" in value and "call_type" in value


def operation_of(call_type: Any) -> str:
    """What a call did, by LiteLLM's word for it.

    >>> operation_of("aembedding"), operation_of("acompletion")
    ('embeddings', 'chat')
    """
    kind = as_text(call_type).lower()
    return next((found for word, found in _OPERATIONS.items() if kind.removeprefix("a") == word), op.CHAT)


def is_embeddings(answer: Any) -> bool:
    """Whether an answer is a list of vectors, where nothing else tells what a call did."""
    return any(isinstance(one.get("embedding"), list) for one in rows(table(answer).get("data")))


def fields_of(call: dict[str, Any]) -> dict[str, Any]:
    """Fields of a span that a record tells: who, with which model, and at what cost."""
    metadata, response = table(call.get("metadata")), table(call.get("response"))
    start = nanoseconds(call.get("startTime"))
    streamed = nanoseconds(call.get("completionStartTime")) if call.get("stream") else 0
    try:
        tags = words(call.get("request_tags") or [])
    except ValueError:
        tags = ()
    return {
        "conversation_id": as_text(call.get("session_id")),
        "user_id": as_text(first(call, "end_user") or metadata.get("user_api_key_end_user_id")),
        "provider": as_text(call.get("custom_llm_provider")),
        "request_model": as_text(call.get("model")),
        "response_model": as_text(response.get("model")),
        "response_id": as_text(response.get("id")),
        "client_cost_usd": number(call.get("response_cost")),
        "time_to_first_token_ms": (streamed - start) / 1e6 if streamed > start > 0 else None,
        "max_tokens": counted(table(call.get("model_parameters")).get("max_tokens")),
        "tags": tags,
    }
