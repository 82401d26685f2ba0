"""LangSmith's runs: told when they begin and again when they end, and its feedback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backend.telemetry import operation as op
from backend.telemetry.part import WirePart
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.mapping.raw import tools_of
from ingest.mapping.values import as_json, as_text, words
from ingest.wire import litellm
from ingest.wire.reading import begun, counted, digest, first, nanoseconds, number, rows, table
from ingest.wire.told import Told, span_of
from ingest.wire.usage import fullest

API: Final = "langsmith"
_OPERATIONS: Final = {
    "llm": op.CHAT, "embedding": op.EMBEDDINGS, "tool": op.EXECUTE_TOOL, "retriever": op.RETRIEVAL,
    "chain": op.INVOKE_WORKFLOW,
}  # fmt: skip
_READ: Final = frozenset(
    [
        "id",
        "trace_id",
        "parent_run_id",
        "dotted_order",
        "name",
        "run_type",
        "start_time",
        "end_time",
        "inputs",
        "outputs",
        "error",
        "tags",
        "extra",
        "events",
    ]
)
_TEXT = 8_192
_USAGE: Final = "usage_metadata"


def part_of(run: dict[str, Any], stage: int, now: int) -> WirePart | None:
    """One telling of a run; None where it has no id.

    Args:
        run: as it came.
        stage: 0 where it begins, 1 where it is updated: the update is the later one, whatever the clocks say.
        now: nanoseconds since 1970.
    """
    run_id = as_text(run.get("id"))
    if not run_id:
        return None
    order = as_text(run.get("dotted_order")).partition(".")[0]
    trace_id = as_text(run.get("trace_id")) or order.rpartition("Z")[2] or ("" if run.get("parent_run_id") else run_id)
    text = as_json(run)
    sent_at = nanoseconds(first(run, "end_time", "start_time")) or now
    return WirePart(
        api=API,
        trace_id=trace_id,
        item_id=run_id,
        kind="span",
        part_id=digest(str(stage), text),
        sent_at=sent_at + stage,
        body=text,
    )


def score_of(told: dict[str, Any], now: int) -> Score | None:
    """Feedback as a score; None where it says of nothing, or of what."""
    run_id, name = as_text(told.get("run_id")), as_text(told.get("key"))
    trace_id = as_text(told.get("trace_id")) or run_id
    if not name or not trace_id:
        return None
    value, label = number(told.get("score")), told.get("value")
    return Score(
        score_id=as_text(told.get("id")) or digest(name, trace_id, as_json(told)),
        name=name,
        value=value if value is not None else number(label),
        label="" if number(label) is not None else as_text(label),
        explanation=as_text(told.get("comment")),
        source="client",
        trace_id=trace_id,
        span_id=run_id if run_id != trace_id else "",
        time=nanoseconds(told.get("created_at")) or now,
    )


def spans(trace_id: str, items: dict[tuple[str, str], dict[str, Any]]) -> list[Span]:
    """Spans of a trace; what its runs say of conversation and user holds for all of them."""
    shared: dict[str, Any] = {}
    for run in items.values():
        for name, value in _who(run).items():
            shared.setdefault(name, value)
    return [
        span_of(_run(trace_id, run_id, run, start, shared), "langsmith")
        for (_, run_id), run in items.items()
        if (start := begun(run, "start_time"))
    ]


def _run(trace_id: str, run_id: str, run: dict[str, Any], start: int, shared: dict[str, Any]) -> Told:
    metadata = _metadata(run)
    outputs = run.get("outputs")
    invocation = table(table(run.get("extra")).get("invocation_params"))
    error = as_text(run.get("error"))
    record = table(run.get("inputs"))
    of_litellm = litellm.fields_of(record) if litellm.is_record(record) else {}
    named = first(metadata, "ls_model_name") or first(invocation, "model", "model_name") or record.get("model")
    model = as_text(named)
    first_token = next((event for event in rows(run.get("events")) if event.get("name") == "new_token"), {})
    token_at = nanoseconds(first_token.get("time"))
    try:
        tags = words(run.get("tags") or [])
    except ValueError:
        tags = ()
    tools = tools_of({"invocation_params": invocation}) if not tools_of(record) else []
    own = {
        **shared,
        "tags": tags,
        "provider": as_text(metadata.get("ls_provider")),
        "request_model": model,
        "response_model": _answered(table(outputs)),
        "max_tokens": counted(metadata.get("ls_max_tokens")),
        "client_cost_usd": _cost(run, metadata, table(outputs)),
        "time_to_first_token_ms": (token_at - start) / 1e6 if token_at > start else None,
        "tool_definitions": as_json(tools) if tools else "",
        "events": _events(run),
    }
    return Told(
        trace_id=trace_id,
        span_id=run_id,
        parent_span_id=as_text(run.get("parent_run_id")),
        name=as_text(run.get("name")),
        operation=_operation(run),
        start=start,
        end=nanoseconds(run.get("end_time")),
        input=run.get("inputs"),
        output=_said(outputs),
        usage=_usage(run, metadata, table(outputs)),
        error=error[:_TEXT],
        error_type=error.partition("(")[0] if error.partition("(")[0].isidentifier() else "",
        fields=of_litellm | {name: value for name, value in own.items() if value not in (None, "", ())},
        rest=_rest(run, metadata, has_tools=bool(tools)) | _counts(outputs),
    )


def _said(outputs: Any) -> Any:
    """Outputs without the counts that LiteLLM puts there: of a failed call they were all there was to read."""
    return {name: value for name, value in outputs.items() if name != _USAGE} if isinstance(outputs, dict) else outputs


def _counts(outputs: Any) -> dict[str, Any]:
    return {f"output.{_USAGE}": outputs[_USAGE]} if isinstance(outputs, dict) and outputs.get(_USAGE) else {}


def _rest(run: dict[str, Any], metadata: dict[str, Any], *, has_tools: bool) -> dict[str, Any]:
    """What else a run tells: its metadata, how its model was called, what its object is made of."""
    rest = {name: value for name, value in run.items() if name not in _READ}
    for name, value in table(run.get("extra")).items():
        if name == "invocation_params" and has_tools:
            rest[f"extra.{name}"] = {key: item for key, item in table(value).items() if key != "tools"}
        elif name != "metadata":
            rest[f"extra.{name}"] = value
    return rest | {f"metadata.{name}": value for name, value in metadata.items() if name != _USAGE}


def _events(run: dict[str, Any]) -> str:
    """What happened during a run; of the tokens of a stream the first, as its output holds them all."""
    told = rows(run.get("events"))
    tokens = [event for event in told if event.get("name") == "new_token"]
    kept = [event for event in told if event.get("name") != "new_token" or event is tokens[0]]
    return as_json([
        {
            "name": as_text(event.get("name")),
            "time": nanoseconds(event.get("time")),
            "attributes": {name: value for name, value in event.items() if name not in {"name", "time"}},
        }
        for event in kept
    ]) if kept else ""  # fmt: skip


def _metadata(run: dict[str, Any]) -> dict[str, Any]:
    return table(table(run.get("extra")).get("metadata"))


def _who(run: dict[str, Any]) -> dict[str, str]:
    metadata = _metadata(run)
    of_litellm = run.get("session_id") if litellm.is_record(run.get("inputs")) else ""
    told = {
        "conversation_id": first(metadata, "session_id", "thread_id", "conversation_id") or of_litellm,
        "user_id": first(metadata, "user_id"),
        "environment": first(metadata, "environment", "LANGSMITH_ENVIRONMENT"),
        "release": first(metadata, "revision_id"),
        "service_name": run.get("session_name"),
    }
    return {name: as_text(value) for name, value in told.items() if value}


def _operation(run: dict[str, Any]) -> str:
    found = _OPERATIONS.get(as_text(run.get("run_type")), op.OTHER)
    inputs = table(run.get("inputs"))
    return litellm.operation_of(inputs["call_type"]) if found == op.CHAT and litellm.is_record(inputs) else found


def _generated(outputs: dict[str, Any]) -> dict[str, Any]:
    """The fields of the message that LangChain's model answered."""
    generations = outputs.get("generations")
    while isinstance(generations, list) and generations:
        generations = generations[0]
    return table(table(table(generations).get("message")).get("kwargs"))


def _answered(outputs: dict[str, Any]) -> str:
    """The model that answered, as its provider or LangChain names it."""
    about = table(_generated(outputs).get("response_metadata"))
    return as_text(outputs.get("model") or first(about, "model_name", "model"))


def _usage(run: dict[str, Any], metadata: dict[str, Any], outputs: dict[str, Any]) -> Mapping[str, Any]:
    """Counts stand in several places, some of them without what was cached."""
    told = (
        _generated(outputs).get(_USAGE),
        metadata.get(_USAGE),
        outputs.get(_USAGE),
        outputs.get("usage"),
        outputs.get("token_usage"),
        table(outputs.get("llm_output")).get("token_usage"),
        table(run.get("extra")).get("usage_object"),
    )
    return fullest(*(table(counts) for counts in told))


def _cost(run: dict[str, Any], metadata: dict[str, Any], outputs: dict[str, Any]) -> float | None:
    """What the client says the call cost, where its SDK or its code put it."""
    places = (table(metadata.get(_USAGE)), table(outputs.get(_USAGE)), run)
    return next((cost for place in places if (cost := number(place.get("total_cost"))) is not None), None)
