"""LiteLLM's generic callback: a list of flat records, one a call."""

from __future__ import annotations

import time
from typing import Any, ClassVar, Final

from backend.errors import BadRequest
from backend.telemetry.span import Span
from ingest.mapping.values import as_text
from ingest.protocols.base import Decoded
from ingest.protocols.json_base import JsonProtocol
from ingest.wire import litellm, timeless
from ingest.wire.reading import batch, first, json_of, nanoseconds, table
from ingest.wire.told import Told, span_of
from ingest.wire.usage import fullest

_READ: Final = frozenset(
    [
        "id",
        "trace_id",
        "session_id",
        "call_type",
        "model",
        "custom_llm_provider",
        "messages",
        "response",
        "startTime",
        "endTime",
        "completionStartTime",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "response_cost",
        "request_tags",
        "end_user",
        "metadata",
        "error_information",
        "error_str",
        "model_map_information",
        "status",
        "stream",
    ]
)

_FAULT: Final = frozenset({"error_message", "error_class"})


class LiteLlmGeneric(JsonProtocol):
    """LiteLLM calls as its generic callback sends them."""

    name = "litellm_generic"
    paths: ClassVar[tuple[str, ...]] = ("/litellm/events", "/v1/litellm/events")

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read a list of calls, or one."""
        told = json_of(body)
        if not isinstance(told, list | dict):
            raise BadRequest("body is no list of LiteLLM's records")
        calls = batch(told, "calls") if isinstance(told, list) else [told]
        timed, parts = timeless.parted([_span(call) for call in calls], time.time_ns())
        return Decoded(timed, parts=parts)


def _span(call: dict[str, Any]) -> Span:
    metadata, fault = table(call.get("metadata")), table(call.get("error_information"))
    operation = litellm.operation_of(call.get("call_type"))
    failed = call.get("status") == "failure"
    model = as_text(call.get("model"))
    call_id = as_text(first(call, "litellm_call_id", "id"))
    response = call.get("response")
    return span_of(
        Told(
            trace_id=as_text(call.get("trace_id")) or call_id,
            span_id=call_id,
            name=f"{operation} {model}".strip(),
            operation=operation,
            start=nanoseconds(call.get("startTime")),
            end=nanoseconds(call.get("endTime")),
            input=call.get("messages"),
            output=response if not failed else None,
            usage=fullest(table(metadata.get("usage_object")), call),
            error=(as_text(first(fault, "error_message") or call.get("error_str")) or "error") if failed else "",
            error_type=as_text(fault.get("error_class")) if failed else "",
            fields={"kind": "client", **litellm.fields_of(call)},
            rest={
                **{name: value for name, value in call.items() if name not in _READ},
                **{f"metadata.{name}": value for name, value in metadata.items()},
                **{f"error_information.{name}": value for name, value in fault.items() if name not in _FAULT},
                "response": response if failed else None,
            },
        ),
        "litellm",
    )
