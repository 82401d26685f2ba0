"""Calls of models as Logfire told them before its version 5: a request and a response, and a template as the name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from backend.telemetry import operation as op
from ingest.mapping.values import as_text, json_table
from ingest.vocabularies.base import Convert, Vocabulary

_CALLS: Final = {
    "chat completion with {request_data[model]!r}": op.CHAT,
    "completion with {request_data[model]!r}": op.TEXT_COMPLETION,
    "embedding creation with {request_data[model]!r}": op.EMBEDDINGS,
    "message with {request_data[model]!r}": op.CHAT,
    "streaming response from {request_data[model]!r} took {duration:.2f}s": op.CHAT,
}
_ASKS: Final = frozenset({"messages", "input", "prompt"})
_STREAMED: Final = "combined_chunk_content"


def _call(value: Any) -> str:
    """The template of a model call's message.

    Raises:
        ValueError: it is another message's.
    """
    text = as_text(value)
    if text.lower() not in _CALLS:
        raise ValueError("no call of a model")
    return text


def _request(value: Any) -> str:
    """A whole request; newer versions have the model alone here.

    Raises:
        ValueError: it asks nothing.
    """
    if not json_table(value).keys() & _ASKS:
        raise ValueError("no request")
    return as_text(value)


def _response(value: Any) -> str:
    """A message with its counts, or the text of a stream."""
    told = json_table(value)
    return as_text(told[_STREAMED] if isinstance(told.get(_STREAMED), str) else value)


class LogfireRequests(Vocabulary):
    """Logfire before 5: newer versions tell all of it in OpenTelemetry's names too, which go before."""

    name = "logfire_requests"
    rank = 1
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        "request_data": ("input_value", _request),
        "response_data": ("output_value", _response),
        "logfire.msg_template": ("operation", _call),
    }
    operations: ClassVar[Mapping[str, str]] = _CALLS
