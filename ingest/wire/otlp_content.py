"""Content of OpenTelemetry spans that comes in log records, seconds before or after the span that it belongs to.

Some modes of some SDKs keep messages out of spans. A model's span without messages is stored as it is and told once
more as a part; so is each record. Whenever either comes, the trace's bare spans are laid together with the records.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from backend.telemetry.part import WirePart
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.mapping.compose import Source, WireSpan, span_of
from ingest.mapping.values import as_json, as_text
from ingest.otlp.log_records import LogRecord
from ingest.wire.reading import digest, number

API: Final = "otlp"
BARE: Final = "otlp_bare"
"""Parts of bare spans stand apart from records: agents send many, few installations send records, and whether a trace
has any is then read from where only records are."""
_LOG: Final = "log"
_LATEST: Final = 2**63 - 1
_WITH_CONTENT: Final = op.GENERATION | {op.EMBEDDINGS, op.INVOKE_AGENT}
_MESSAGES: Final = frozenset({sc.GEN_AI_INPUT_MESSAGES, sc.GEN_AI_OUTPUT_MESSAGES, sc.GEN_AI_SYSTEM_INSTRUCTIONS})
_TOKENS: Final = tuple(name for name in Span.__struct_fields__ if name.endswith("_tokens") and name != "max_tokens")
_UNTOLD: Final = tuple(field.default for field in msgspec.structs.fields(Span))
_FILLED: Final = (
    "conversation_id",
    "user_id",
    "provider",
    "request_model",
    "response_model",
    "response_id",
    "finish_reasons",
    "max_tokens",
    "time_to_first_token_ms",
    "input_messages",
    "output_messages",
    "input_text",
    "output_text",
    "tool_definitions",
)


def bare_spans(spans: Iterable[Span]) -> list[WirePart]:
    """Parts of those spans whose content may come in log records."""
    return [
        WirePart(
            api=BARE,
            trace_id=span.trace_id,
            item_id=span.span_id,
            kind="span",
            part_id="span",
            sent_at=min(span.end_time, _LATEST),
            body=as_json(_told(span)),
        )
        for span in spans
        if span.operation in _WITH_CONTENT
        and span.vocabulary == "otel_genai"
        and not span.input_messages
        and not span.output_messages
        and span.trace_id.strip("0")
        and span.span_id.strip("0")
    ]


def _told(span: Span) -> dict[str, Any]:
    """The fields of a span that say anything; reading them gives the same span."""
    told = zip(Span.__struct_fields__, msgspec.structs.astuple(span), _UNTOLD, strict=True)
    return {name: value for name, value, untold in told if value != untold}


def has_content(record: LogRecord) -> bool:
    """Whether a record tells of a model's call rather than of anything else."""
    return record.event.startswith(sc.GEN_AI_EVENT_MESSAGE_PREFIX) or not _MESSAGES.isdisjoint(record.attributes)


def part_of(record: LogRecord, place: int) -> WirePart:
    """The part of a record.

    Args:
        record: it.
        place: among the records of its request: those of one call may share their time.
    """
    told = {
        "span_id": record.span_id,
        "time": record.time,
        "place": place,
        "event": record.event,
        "body": record.body,
        "attributes": record.attributes,
    }
    text = as_json(told)
    name = digest(text)
    return WirePart(
        api=API,
        trace_id=record.trace_id,
        item_id=name,
        kind=_LOG,
        part_id=name,
        sent_at=min(record.time, _LATEST),
        body=text,
    )


def score_of(record: LogRecord) -> Score | None:
    """What an evaluation found of a span; None where it has no name or no finding."""
    said = record.attributes
    name = as_text(said.get(sc.GEN_AI_EVALUATION_NAME))
    value, label = number(said.get(sc.GEN_AI_EVALUATION_SCORE_VALUE)), said.get(sc.GEN_AI_EVALUATION_SCORE_LABEL)
    if not name or (value is None and not label):
        return None
    return Score(
        score_id=digest(API, record.trace_id, record.span_id, name),
        name=name,
        value=value,
        label=as_text(label),
        explanation=as_text(said.get(sc.GEN_AI_EVALUATION_EXPLANATION)),
        source="client",
        trace_id=record.trace_id,
        span_id=record.span_id,
        time=min(record.time, _LATEST),
    )


def spans(trace_id: str, items: dict[tuple[str, str], dict[str, Any]]) -> list[Span]:
    """The bare spans of a trace that records tell the content of, with it.

    A record belongs to the span that it was written in, else to the only one with the response that it names:
    where a stream is read after the call, the record is written in the caller's span.
    """
    bare = {name: msgspec.convert(told, Span) for (kind, name), told in items.items() if kind == "span"}
    answers = Counter(span.response_id for span in bare.values())
    by_answer = {span.response_id: name for name, span in bare.items() if answers[span.response_id] == 1}
    told: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for (kind, _), record in items.items():
        if kind == _LOG:
            answer = as_text((record.get("attributes") or {}).get(sc.GEN_AI_RESPONSE_ID))
            name = record["span_id"] if record["span_id"] in bare else by_answer.get(answer) if answer else None
            if name is not None:
                told[name].append(record)
    return [_with_content(bare[name], records) for name, records in told.items()]


def _with_content(span: Span, records: list[dict[str, Any]]) -> Span:
    records.sort(key=lambda record: (record["time"], record["place"]))
    pairs: dict[str, Any] = {sc.GEN_AI_OPERATION_NAME: span.operation}
    for record in records:
        pairs |= record.get("attributes") or {}
    pairs.pop(sc.EVENT_NAME, None)
    told = span_of(
        WireSpan(
            trace_id=span.trace_id,
            span_id=span.span_id,
            parent_span_id=span.parent_span_id,
            name=span.name,
            kind=span.kind,
            start_time=span.start_time,
            end_time=span.end_time,
            status=span.status,
            status_message=span.status_message,
            pairs=pairs.items(),
            events=[
                (record["event"], record["time"], record["body"])
                for record in records
                if record.get("event") != sc.GEN_AI_EVENT_DETAILS and isinstance(record.get("body"), dict)
            ],
            links=[],
        ),
        Source({"scope_name": span.scope_name}),
        span.protocol,
    )
    changes: dict[str, Any] = {name: getattr(told, name) for name in _FILLED if not getattr(span, name)}
    if not any(getattr(span, name) for name in _TOKENS):
        changes |= {name: getattr(told, name) for name in _TOKENS}
    changes["attributes"] = told.attributes | span.attributes
    return msgspec.structs.replace(span, **changes)
