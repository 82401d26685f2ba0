"""Langfuse's traces and observations, as its older SDKs tell them event by event."""

from __future__ import annotations

from typing import Any, Final

from backend.telemetry import operation as op
from backend.telemetry.part import WirePart
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.mapping.values import as_json, as_text, words
from ingest.wire.reading import begun, counted, digest, nanoseconds, number, table
from ingest.wire.told import Told, span_of
from ingest.wire.usage import fullest

API: Final = "langfuse"
_OBSERVATIONS: Final = {
    "span-create": "SPAN", "span-update": "SPAN", "generation-create": "GENERATION", "generation-update": "GENERATION",
    "event-create": "EVENT", "observation-create": "", "observation-update": "",
}  # fmt: skip
_OPERATIONS: Final = {
    "GENERATION": op.CHAT, "EMBEDDING": op.EMBEDDINGS, "TOOL": op.EXECUTE_TOOL, "AGENT": op.INVOKE_AGENT,
    "CHAIN": op.INVOKE_WORKFLOW, "RETRIEVER": op.RETRIEVAL, "EVALUATOR": op.EVALUATE, "GUARDRAIL": op.GUARDRAIL,
}  # fmt: skip
_KNOWN: Final = frozenset({*_OPERATIONS, "SPAN"})
_READ: Final = frozenset(
    [
        "id",
        "traceId",
        "parentObservationId",
        "name",
        "type",
        "startTime",
        "endTime",
        "timestamp",
        "completionStartTime",
        "input",
        "output",
        "model",
        "modelParameters",
        "usage",
        "usageDetails",
        "costDetails",
        "level",
        "statusMessage",
        "environment",
        "release",
        "userId",
        "sessionId",
        "tags",
        "promptName",
        "promptVersion",
        "trace",
    ]
)


def part_of(event: dict[str, Any], now: int) -> WirePart | None:
    """One event of a batch as a part; None where it is none of a trace's or an observation's."""
    kind, body = as_text(event.get("type")), table(event.get("body"))
    item_id = as_text(body.get("id"))
    if not item_id or (kind != "trace-create" and kind not in _OBSERVATIONS):
        return None
    is_trace = kind == "trace-create"
    if not is_trace and _OBSERVATIONS[kind]:
        body = {"type": _OBSERVATIONS[kind], **{name: value for name, value in body.items() if name != "type"}}
    text = as_json(body)
    return WirePart(
        api=API,
        trace_id=item_id if is_trace else as_text(body.get("traceId")),
        item_id=item_id,
        kind="trace" if is_trace else "span",
        part_id=as_text(event.get("id")) or digest(text),
        sent_at=nanoseconds(event.get("timestamp")) or now,
        body=text,
    )


def score_of(body: dict[str, Any], now: int) -> Score | None:
    """A score as its API and its events tell it; None where it has no name or is of nothing."""
    trace_id, conversation_id = as_text(body.get("traceId")), as_text(body.get("sessionId"))
    span_id, name = as_text(body.get("observationId")), as_text(body.get("name"))
    run_id = as_text(body.get("datasetRunId"))
    if not name or not (trace_id or conversation_id or span_id or run_id):
        return None
    value, said = body.get("value"), number(body.get("value"))
    label = as_text(body.get("stringValue")) or (as_text(value) if isinstance(value, str) else "")
    if as_text(body.get("dataType")).upper() == "BOOLEAN" and said is not None:
        label = "true" if said else "false"
    identity = as_text(body.get("id")) or digest(name, trace_id, span_id, conversation_id, run_id, as_json(body))
    return Score(
        score_id=identity,
        name=name,
        value=said,
        label=label,
        explanation=as_text(body.get("comment")),
        source="client",
        author=f"dataset run {run_id}" if run_id else "",
        trace_id=trace_id,
        span_id=span_id,
        conversation_id=conversation_id,
        time=nanoseconds(body.get("timestamp")) or now,
    )


def spans(trace_id: str, items: dict[tuple[str, str], dict[str, Any]]) -> list[Span]:
    """Spans of a trace: the trace itself as the root, its observations below it."""
    trace = items.get(("trace", trace_id), {})
    shared = _shared(trace)
    found = []
    ends = []
    for (kind, item_id), told in items.items():
        start = begun(told, "startTime", "timestamp")
        if kind != "span" or not start:
            continue
        end = nanoseconds(told.get("endTime")) or (start if told.get("type") == "EVENT" else 0)
        ends.append(max(start, end))
        root = trace_id if trace else ""
        found.append(span_of(_observation(trace_id, item_id, told, (start, end), root, shared), "langfuse"))
    start = begun(trace, "timestamp")
    if start:
        root_told = Told(
            trace_id=trace_id,
            span_id=trace_id,
            name=as_text(trace.get("name")),
            start=start,
            end=max([start, *ends]),
            input=trace.get("input"),
            output=trace.get("output"),
            fields=shared,
            rest=_rest(trace),
        )
        found.append(span_of(root_told, "langfuse"))
    return found


def _observation(
    trace_id: str, item_id: str, told: dict[str, Any], times: tuple[int, int], root: str, shared: dict[str, Any]
) -> Told:
    older = table(told.get("usage"))
    usage = fullest(table(told.get("usageDetails")), older)
    parameters = table(told.get("modelParameters"))
    streamed = nanoseconds(told.get("completionStartTime"))
    model = as_text(told.get("model"))
    is_error = told.get("level") == "ERROR"
    return Told(
        trace_id=trace_id,
        span_id=item_id,
        parent_span_id=as_text(told.get("parentObservationId")) or root,
        name=as_text(told.get("name")),
        operation=_OPERATIONS.get(as_text(told.get("type")).upper(), op.OTHER),
        start=times[0],
        end=times[1],
        input=told.get("input"),
        output=told.get("output"),
        usage=usage,
        error=as_text(told.get("statusMessage")) or "error" if is_error else "",
        fields={
            **shared,
            "environment": as_text(told.get("environment")) or shared.get("environment", ""),
            "request_model": model,
            "response_model": model if told.get("output") is not None and not is_error else "",
            "client_cost_usd": _cost(table(told.get("costDetails")), older),
            "time_to_first_token_ms": (streamed - times[0]) / 1e6 if streamed > times[0] else None,
            "prompt_name": as_text(told.get("promptName")),
            "prompt_version": as_text(told.get("promptVersion")),
            "max_tokens": counted(parameters.get("max_tokens")),
        },
        rest={
            **_rest(told),
            **{f"parameters.{name}": value for name, value in parameters.items()},
            "parameters": None if parameters else told.get("modelParameters"),
            "type": told.get("type") if as_text(told.get("type")) not in _KNOWN else None,
            "level": told.get("level") if as_text(told.get("level")) not in {"DEFAULT", "ERROR"} else None,
            "statusMessage": told.get("statusMessage") if not is_error else None,
            "costDetails": told.get("costDetails"),
        },
    )


def _shared(trace: dict[str, Any]) -> dict[str, Any]:
    try:
        tags = words(trace.get("tags") or [])
    except ValueError:
        tags = ()
    return {
        "conversation_id": as_text(trace.get("sessionId")),
        "user_id": as_text(trace.get("userId")),
        "environment": as_text(trace.get("environment")),
        "release": as_text(trace.get("release")),
        "tags": tags,
    }


def _cost(details: dict[str, Any], usage: dict[str, Any]) -> float | None:
    """The client's own cost: the details of newer SDKs, else what older ones put beside the counts."""
    told = details or {
        name: usage[key]
        for name, key in (("total", "totalCost"), ("input", "inputCost"), ("output", "outputCost"))
        if usage.get(key) is not None
    }
    if not told:
        return None
    whole = number(told.get("total"))
    return whole if whole is not None else sum(number(value) or 0.0 for value in told.values())


def _rest(told: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in told.items() if name not in _READ and name != "metadata"}
    metadata = told.get("metadata")
    if isinstance(metadata, dict):
        return rest | {f"metadata.{name}": value for name, value in metadata.items()}
    return rest | {"metadata": metadata}
