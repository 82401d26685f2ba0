"""What is left of telemetry without its content: ids, names, times, models, counts, costs, and whether it failed."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from backend.telemetry import semconv as sc
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.mapping.values import as_json, as_text, from_json
from ingest.wire.litellm import is_record

CONTENT: Final = (
    "status_message", "tool_arguments", "tool_result", "retrieval_query", "input_messages", "output_messages",
    "input_text", "output_text", "tool_definitions",
)  # fmt: skip
_PLAIN: Final = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,3})?|true|false")

KEPT: Final = frozenset({
    "id", "traceId", "trace_id", "span_id", "parentObservationId", "parent_run_id", "parent_span_id", "dotted_order",
    "sessionId", "session_id", "thread_id", "conversation_id", "userId", "user_id", "session_name", "project_name",
    "name", "type", "run_type", "event", "level", "status", "environment", "LANGSMITH_ENVIRONMENT", "release",
    "version", "revision_id", "tags", "startTime", "endTime", "timestamp", "completionStartTime", "start_time",
    "end_time", "time", "created_at", "last_updated_at", "model", "model_name", "ls_model_name", "ls_provider",
    "ls_model_type", "provider", "promptName", "promptVersion", "exception_type", "assay.start_time", "created_from",
    "parent_id", "code", "status_code", "kind", "request_time", "mlflow.spanType", "mlflow.llm.model",
    "mlflow.llm.provider", "mlflow.trace.session", "mlflow.trace.user",
    sc.GEN_AI_OPERATION_NAME, sc.GEN_AI_PROVIDER_NAME, sc.GEN_AI_REQUEST_MODEL, sc.GEN_AI_RESPONSE_MODEL,
    sc.GEN_AI_RESPONSE_ID, sc.GEN_AI_CONVERSATION_ID, sc.GEN_AI_RESPONSE_FINISH_REASONS,
})  # fmt: skip
"""Names whose texts are no content, in what clients of the wire APIs tell."""

TABLES: Final = frozenset(
    {
        "metadata", "extra", "modelParameters", "invocation_params", "error_info", "events", "attributes", "context",
        "status", "trace_metadata",
    }
)  # fmt: skip
_COUNTS: Final = frozenset({
    "usage", "usageDetails", "costDetails", "usage_metadata", "token_usage", "usage_object", "mlflow.chat.tokenUsage",
    "mlflow.llm.cost",
})  # fmt: skip
_SAID: Final = frozenset({
    "input", "output", "inputs", "outputs", "body", "mlflow.spanInputs", "mlflow.spanOutputs",
})  # fmt: skip
_AROUND_COUNTS: Final = frozenset({"llm_output", "generations", "message", "kwargs", "response_metadata"})
_FAULTS: Final = frozenset({"error", "message", "statusMessage"})
_FAULT: Final = re.compile(r"[A-Za-z_]\w{0,60}(?=\()")
_OF_RECORD: Final = (
    "litellm_call_id", "call_type", "custom_llm_provider", "startTime", "completionStartTime", "stream",
)  # fmt: skip
"""What LiteLLM's record of a call, which other products are sent as a run's input, says of the call."""
_WORD: Final = re.compile(r"[\w.:-]{1,60}")
_COUNT_NAME: Final = re.compile(r"[A-Za-z_.0-9]{1,80}")
_LONGEST_LABEL: Final = 40


def without_content(span: Span) -> Span:
    """A span without messages, documents' texts, arguments and results, and with attributes that are numbers alone."""
    changes: dict[str, Any] = dict.fromkeys(CONTENT, "")
    changes["documents"] = _rows_of(span.documents, ("id", "score"))
    changes["events"] = _rows_of(span.events, ("name", "time"))
    changes["links"] = _rows_of(span.links, ("trace_id", "span_id"))
    changes["attributes"] = {name: value for name, value in span.attributes.items() if _PLAIN.fullmatch(value)}
    return msgspec.structs.replace(span, **changes)


def score_without_content(score: Score) -> Score:
    """A judgement without its words; a label that is a sentence is one too."""
    return msgspec.structs.replace(score, explanation="", label="" if is_sentence(score.label) else score.label)


def is_sentence(label: str) -> bool:
    """Whether a score's label is words of somebody rather than one of few words to choose from."""
    return len(label) > _LONGEST_LABEL or label.count(" ") > 2


def body_without_content(told: dict[str, Any]) -> dict[str, Any]:
    """The body of a part, of any wire API, without what was said; counts that stand within answers stay."""
    made: dict[str, Any] = {}
    for name, value in told.items():
        if name in _SAID:
            made[name] = None if value is None else _counts_within(_opened(value))
        elif name in _COUNTS:
            made[name] = _numbers(_opened(value))
        elif name in _FAULTS:
            made[name] = _fault(value)
        elif name in TABLES and isinstance(value, dict | list):
            made[name] = _tables(value)
        elif name in KEPT:
            made[name] = _words(value)
        elif _is_number(value):
            made[name] = value
    return made


def _tables(value: Any) -> Any:
    if isinstance(value, dict):
        return body_without_content(value)
    return [body_without_content(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else None


def _counts_within(value: Any) -> Any:
    """What an answer tells of tokens and model."""
    if isinstance(value, list):
        return [found for item in value if (found := _counts_within(item))]
    if not isinstance(value, dict):
        return {}
    made: dict[str, Any] = {}
    if is_record(value):
        told = ((name, value.get(name)) for name in _OF_RECORD)
        made = {name: item for name, item in told if _is_number(item) or _WORD.fullmatch(as_text(item))}
    for name, item in value.items():
        if name in _COUNTS:
            made[name] = _numbers(item)
        elif name in _AROUND_COUNTS and (inner := _counts_within(item)):
            made[name] = inner
        elif name in {"model", "model_name"} and isinstance(item, str):
            made[name] = item
    return made


def _opened(value: Any) -> Any:
    """The object that a text holds as JSON, as MLflow writes each attribute; else the value."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            return from_json(value)
        except (ValueError, RecursionError):
            return None
    return value


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: kept
            for name, item in value.items()
            if _COUNT_NAME.fullmatch(name) and (kept := _numbers(item)) is not None
        }
    return value if _is_number(value) else None


def _fault(value: Any) -> Any:
    """That there was one, and its class where the text begins with it."""
    if not isinstance(value, str) or not value:
        return None
    found = _FAULT.match(value)
    return found.group() if found else "error"


def _words(value: Any) -> Any:
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str) or _is_number(item)]
    return value if isinstance(value, str) or _is_number(value) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _rows_of(text: str, names: tuple[str, ...]) -> str:
    if not text:
        return ""
    told = from_json(text)
    rows = [item for item in told if isinstance(item, dict)] if isinstance(told, list) else []
    return as_json([{name: row[name] for name in names if name in row} for row in rows])
