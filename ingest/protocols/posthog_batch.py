"""PostHog's capture API: its ``$ai_`` events; the key stands in the body."""

from __future__ import annotations

import re
import time
from typing import Any, ClassVar, Final

import msgspec

from backend.errors import BadRequest
from backend.telemetry import operation as op
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.mapping.values import as_text
from ingest.protocols.base import Decoded
from ingest.protocols.json_base import JsonProtocol, answer
from ingest.wire.reading import counted, digest, first, json_of, judged, nanoseconds, number, rows, table
from ingest.wire.told import Told, span_of

_OPERATIONS: Final = {"$ai_generation": op.CHAT, "$ai_embedding": op.EMBEDDINGS, "$ai_span": "", "$ai_trace": ""}
_FEEDBACK: Final = {"$ai_feedback", "$ai_metric"}
_OWN: Final = ("$ai_", "$python", "$os", "$lib", "$context", "$geoip", "$process", "$is_server")


class _Keyed(msgspec.Struct):
    api_key: str = ""
    token: str = ""


_EDGE: Final = 4096
_KEY: Final = re.compile(rb'(?<!\\)"(?:api_key|token)"\s*:\s*"([\x21\x23-\x5b\x5d-\x7e]{1,200})"')
_keyed: Final = msgspec.json.Decoder(_Keyed).decode


class PostHogBatch(JsonProtocol):
    """PostHog events about models; other events are counted and not stored."""

    name = "posthog"
    paths: ClassVar[tuple[str, ...]] = ("/batch/", "/batch", "/i/v0/ai/batch/", "/i/v0/ai/batch")
    key_in_body = True

    def key_of(self, body: bytes) -> str:
        """The project's key: PostHog's SDKs know no header for it. Nothing else of the body is built up."""
        try:
            told = _keyed(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError):  # NaN and its like: read leniently, once known
            found = _KEY.search(body[-_EDGE:]) or _KEY.search(body[:_EDGE])
            return found[1].decode("ascii") if found else ""
        return told.api_key or told.token

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read a batch of events."""
        batch = table(json_of(body)).get("batch")
        if not isinstance(batch, list):
            raise BadRequest("body is no batch of PostHog: an object whose `batch` is a list of events")
        spans, scores, others = [], [], 0
        for event in rows(batch):
            name, properties = as_text(event.get("event")), table(event.get("properties"))
            if name in _OPERATIONS:
                spans.append(_span(name, event, properties))
            elif name in _FEEDBACK:
                scores.append(_score(event, properties))
            else:
                others += 1
        return Decoded(spans=spans, scores=scores, counted=others, answer=answer({"status": "Ok"}))


def _span(name: str, event: dict[str, Any], told: dict[str, Any]) -> Span:
    """An event comes when its work has ended; how long it took tells when it began."""
    end = nanoseconds(event.get("timestamp"))
    took = number(told.get("$ai_latency")) or 0.0
    trace_id = as_text(told.get("$ai_trace_id")) or as_text(event.get("uuid"))
    is_trace = name == "$ai_trace"
    person = as_text(event.get("distinct_id"))
    model, fault = as_text(told.get("$ai_model")), as_text(told.get("$ai_error"))
    return span_of(
        Told(
            trace_id=trace_id,
            span_id=as_text(told.get("$ai_span_id")) or (trace_id if is_trace else as_text(event.get("uuid"))),
            parent_span_id="" if is_trace else as_text(told.get("$ai_parent_id")),
            name=as_text(told.get("$ai_span_name")) or f"{_OPERATIONS[name]} {model}".strip(),
            operation=_OPERATIONS[name],
            start=end - int(took * 1e9),
            end=end,
            input=first(told, "$ai_input", "$ai_input_state"),
            output=first(told, "$ai_output_choices", "$ai_output_state", "$ai_output"),
            usage=_usage(told),
            error=fault or ("error" if told.get("$ai_is_error") else ""),
            fields={
                "conversation_id": as_text(told.get("$ai_session_id")),
                "user_id": person if person != trace_id else "",
                "provider": as_text(told.get("$ai_provider")),
                "request_model": model,
                "response_model": model if not told.get("$ai_is_error") else "",
                "client_cost_usd": number(told.get("$ai_total_cost_usd")),
                "finish_reasons": (as_text(told["$ai_stop_reason"]),) if told.get("$ai_stop_reason") else (),
                "max_tokens": counted(table(told.get("$ai_model_parameters")).get("max_tokens")),
            },
            rest={key: value for key, value in told.items() if not key.startswith(_OWN)},
        ),
        "posthog",
    )


def _usage(told: dict[str, Any]) -> dict[str, Any]:
    """The provider's own counts say best what stands within what."""
    raw = table(told.get("$ai_usage"))
    if raw.keys() & {"prompt_tokens", "input_tokens"}:
        return raw
    beside = as_text(told.get("$ai_provider")) == "anthropic"
    details = {"cached_tokens": told.get("$ai_cache_read_input_tokens")}
    asked, answered = told.get("$ai_input_tokens"), told.get("$ai_output_tokens")
    counts: dict[str, Any] = {"input_tokens" if beside else "prompt_tokens": asked, "output_tokens": answered}
    if beside:
        counts["cache_creation_input_tokens"] = told.get("$ai_cache_creation_input_tokens")
        return counts | {"cache_read_input_tokens": details["cached_tokens"]}
    reasoning = {"reasoning_tokens": told.get("$ai_reasoning_tokens")}
    return counts | {"prompt_tokens_details": details, "output_tokens_details": reasoning}


def _score(event: dict[str, Any], told: dict[str, Any]) -> Score:
    value = first(told, "$ai_metric_value", "$ai_feedback_text")
    said = judged(value)
    trace_id = as_text(told.get("$ai_trace_id"))
    return Score(
        score_id=as_text(event.get("uuid")) or digest("posthog", trace_id, as_text(told)),
        name=as_text(told.get("$ai_metric_name")) or "feedback",
        value=said,
        label=as_text(value)[:500] if said is None else "",
        explanation=as_text(told.get("$ai_feedback_text")),
        source="client",
        trace_id=trace_id,
        conversation_id=as_text(told.get("$ai_session_id")),
        time=nanoseconds(event.get("timestamp")) or time.time_ns(),
    )
