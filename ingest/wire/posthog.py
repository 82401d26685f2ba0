"""PostHog's `$ai_` events: each comes when its work has ended, and how long that took tells when it began."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

from backend.telemetry import operation as op
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.mapping.values import as_json, as_text
from ingest.wire.litellm import is_embeddings
from ingest.wire.reading import counted, digest, first, judged, nanoseconds, number, table
from ingest.wire.told import Told, span_of
from ingest.wire.usage import fullest

OPERATIONS: Final = {"$ai_generation": op.CHAT, "$ai_embedding": op.EMBEDDINGS, "$ai_span": "", "$ai_trace": ""}
FEEDBACK: Final = {"$ai_feedback", "$ai_metric"}
_TIMED_ID: Final = 7
"""Version of the UUIDs that begin with milliseconds since 1970."""
_READ: Final = frozenset({
    "$ai_trace_id", "$ai_span_id", "$ai_parent_id", "$ai_session_id", "$ai_span_name", "$ai_model", "$ai_provider",
    "$ai_error", "$ai_is_error", "$ai_latency", "$ai_input", "$ai_input_state", "$ai_output_choices",
    "$ai_output_state", "$ai_output", "$ai_input_tokens", "$ai_output_tokens", "$ai_cache_read_input_tokens",
    "$ai_cache_creation_input_tokens", "$ai_reasoning_tokens", "$ai_total_cost_usd", "$ai_tools",
})  # fmt: skip


def span_of_event(name: str, event: dict[str, Any], told: dict[str, Any]) -> Span:
    """An event of a call or step; one that tells no time ends at 0, and began before that by as long as it took."""
    end, note = _ended(event)
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
            name=as_text(told.get("$ai_span_name")) or f"{OPERATIONS[name]} {model}".strip(),
            operation=op.EMBEDDINGS if is_embeddings(told.get("$ai_output_choices")) else OPERATIONS[name],
            start=end - int(took * 1e9),
            end=end,
            input=first(told, "$ai_input", "$ai_input_state"),
            output=first(told, "$ai_output_choices", "$ai_output_state", "$ai_output"),
            usage=_usage(told),
            error=fault or ("error" if told.get("$ai_is_error") else ""),
            fields={
                "status": "" if fault or told.get("$ai_is_error") else "ok",
                "time_note": note,
                "conversation_id": as_text(told.get("$ai_session_id")),
                "user_id": person if person != trace_id else "",
                "provider": as_text(told.get("$ai_provider")),
                "request_model": model,
                "response_model": model if not told.get("$ai_is_error") else "",
                "client_cost_usd": number(told.get("$ai_total_cost_usd")),
                "finish_reasons": (as_text(told["$ai_stop_reason"]),) if told.get("$ai_stop_reason") else (),
                "max_tokens": counted(table(told.get("$ai_model_parameters")).get("max_tokens")),
                "tool_definitions": as_json(told["$ai_tools"]) if told.get("$ai_tools") else "",
            },
            rest={key: value for key, value in told.items() if key not in _READ},
        ),
        "posthog",
    )


def _ended(event: dict[str, Any]) -> tuple[int, str]:
    """When an event's work ended, as nanoseconds since 1970, and a note where that is not what its client says."""
    if said := nanoseconds(event.get("timestamp")):
        return said, ""
    try:
        name = uuid.UUID(as_text(event.get("uuid")))
    except ValueError:
        return 0, ""
    if name.version != _TIMED_ID:
        return 0, ""
    return (name.int >> 80) * 10**6, "the client told no time; that of the event's id stands in for its end"


def _usage(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The provider's own counts say best what stands within what; LiteLLM sends them within the answer.

    Else PostHog's hold what each provider told: of Gemini the reasoning stands beside. The cached stands beside where
    PostHog says so, and where it says nothing of a Claude, as its LangChain callback counts these through any cloud.
    """
    provider, model = as_text(told.get("$ai_provider")).lower(), as_text(told.get("$ai_model")).lower()
    asked, answered = told.get("$ai_input_tokens"), told.get("$ai_output_tokens")
    cached, reasoning = told.get("$ai_cache_read_input_tokens"), told.get("$ai_reasoning_tokens")
    written = told.get("$ai_cache_creation_input_tokens")
    beside = told.get("$ai_cache_reporting_exclusive")
    counts: dict[str, Any]
    if provider == "gemini":
        counts = {"prompt_token_count": asked, "candidates_token_count": answered,
                  "cached_content_token_count": cached, "thoughts_token_count": reasoning}  # fmt: skip
    elif beside is True or (beside is None and (provider == "anthropic" or "claude" in model)):
        counts = {"input_tokens": asked, "output_tokens": answered, "cache_read_input_tokens": cached,
                  "cache_creation_input_tokens": written}  # fmt: skip
    else:
        counts = {"prompt_tokens": asked, "output_tokens": answered, "cache_read": cached, "cache_write": written,
                  "reasoning": reasoning}  # fmt: skip
    counts["ephemeral_1h_input_tokens"] = told.get("$ai_cache_creation_1h_input_tokens")
    counts = {name: count for name, count in counts.items() if count is not None}
    answer = table(told.get("$ai_output_choices"))
    return fullest(table(told.get("$ai_usage")), table(answer.get("usage")), counts)


def score_of_event(event: dict[str, Any], told: dict[str, Any]) -> Score:
    """Feedback or a metric as a score."""
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
