"""A span of the wire, in whichever encoding, made into a ``Span``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from backend.telemetry.span import Span
from ingest.mapping import content, event
from ingest.mapping.draft import Draft, read
from ingest.mapping.tables import put_tables
from ingest.mapping.usage import give_back_usage, has_usage, put_buckets
from ingest.mapping.values import as_json, as_text, from_json, whole

_RESOURCE_FIELDS = {
    sc.SERVICE_NAME: "service_name",
    sc.SERVICE_VERSION: "release",
    sc.DEPLOYMENT_ENVIRONMENT_NAME: "environment",
    sc.DEPLOYMENT_ENVIRONMENT: "environment",
    sc.SESSION_ID: "conversation_id",
    sc.USER_ID: "user_id",
}

_NAMELESS = "unknown_service"
"""How SDKs call a service that nobody named: Phoenix's ``register`` takes the name of a project instead."""

_VERSION_OF_ITS_OWN = "strands."
"""Strands puts its own version where the product's would stand."""


@dataclass(frozen=True, slots=True)
class Source:
    """What all spans of one resource and instrumentation scope share; made once for them.

    Attributes:
        fields: fields of ``Span`` that hold unless the span itself says otherwise.
        scope_attributes: attributes of the scope, as text, under names that say so.
    """

    fields: dict[str, Any]
    scope_attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class WireSpan:
    """One span as an OTLP request tells it, decoded to plain values.

    Attributes:
        pairs: attribute names and values: text, numbers, truths, lists, dicts.
        events: (name, time in nanoseconds, attributes).
        links: (trace id, span id, attributes).
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: str
    start_time: int
    end_time: int
    status: str
    status_message: str
    pairs: Iterable[tuple[str, Any]]
    events: list[tuple[str, int, dict[str, Any]]]
    links: list[tuple[str, str, dict[str, Any]]]


def source_of(
    resource: Iterable[tuple[str, Any]], scope_name: str, scope_version: str, scope: Iterable[tuple[str, Any]]
) -> Source:
    """Read a resource and scope once for all their spans."""
    fields: dict[str, Any] = {"scope_name": scope_name, "scope_version": scope_version}
    rest = {}
    for name, value in resource:
        slot = _RESOURCE_FIELDS.get(name)
        if slot is None or slot in fields or (slot == "release" and scope_name.startswith(_VERSION_OF_ITS_OWN)):
            rest[name] = as_text(value)
        else:
            fields[slot] = as_text(value)
    named = fields.get("service_name", "")
    if rest.get(sc.OI_PROJECT_NAME) and (not named or named.startswith(_NAMELESS)):
        fields["service_name"] = rest[sc.OI_PROJECT_NAME]
        if named:
            rest[sc.SERVICE_NAME] = named
    fields["resource_attributes"] = rest
    return Source(fields, {f"{sc.SCOPE_PREFIX}{name}": as_text(value) for name, value in scope})


def span_of(wire: WireSpan, source: Source, protocol: str) -> Span:
    """Map one span; what no vocabulary knows stays in ``attributes``, so that nothing a client sent is lost."""
    draft = read(wire.pairs)
    operation = _operation(draft, wire.name)
    fields: dict[str, Any] = {
        **source.fields,
        "trace_id": wire.trace_id,
        "span_id": wire.span_id,
        "parent_span_id": wire.parent_span_id,
        "name": wire.name,
        "kind": wire.kind,
        "start_time": wire.start_time,
        "end_time": wire.end_time,
        "status": wire.status,
        "status_message": wire.status_message,
        "operation": operation,
        "protocol": protocol,
        "vocabulary": draft.vocabulary.name if draft.vocabulary else "",
    }
    if content.gives_documents(draft, fields):
        operation = fields["operation"] = op.RETRIEVAL
    if operation in op.METERED:
        put_buckets(draft, fields)
    else:
        give_back_usage(draft)
    if operation == op.EXECUTE_TOOL and "tool_name" not in draft.values:
        named = as_text(draft.rest.get(sc.TRACELOOP_ENTITY_NAME))  # its spans are called after their kind too
        fields["tool_name"] = named or wire.name.removeprefix(f"{op.EXECUTE_TOOL} ")
    _put_state(draft, fields)
    if wire.events:
        event.put_events(wire, draft, fields)
    if wire.links:
        fields["links"] = as_json(
            [{"trace_id": trace, "span_id": span, "attributes": attributes} for trace, span, attributes in wire.links]
        )
    content.put_content(draft, fields)
    _put_models(draft, fields)
    fields.update(draft.values)
    fields["attributes"] = _texts(draft.rest, source.scope_attributes)
    return Span(**fields)


def _operation(draft: Draft, name: str) -> str:
    rule = draft.rules.get("operation")
    if rule is not None:
        word = draft.take("operation").lower()
        said = rule.vocabulary.operations[word]
        return draft.narrow_operation or said if word in rule.vocabulary.broad else said
    if draft.vocabulary is None or draft.strange_operation:
        return op.OTHER
    said = draft.vocabulary.operations.get(name.partition(" ")[0].lower(), "")
    if said:
        return said
    if has_usage(draft) or ("flat_output_messages" in draft.flat) or _answers(draft):
        return op.CHAT
    return op.EXECUTE_TOOL if "tool_name" in draft.values else op.OTHER


def _answers(draft: Draft) -> bool:
    """Whether a model answered: OpenLIT's decorator puts what any function returns where a model's answer stands."""
    text = draft.values.get("output_messages", "")
    return bool(text) and (not draft.values.keys().isdisjoint(_MODELS) or (text[0] == "[" and '"parts"' in text))


_MODELS = ("request_model", "response_model", "model_name", "provider")


def _put_state(draft: Draft, fields: dict[str, Any]) -> None:
    """What some vocabularies tell otherwise: a level for the status, the moment of the first token."""
    if draft.values.get("level", "").upper() == "ERROR":
        fields["status"] = "error"
    if draft.values.get("streamed") == "false":
        draft.give_back("time_to_first_token_ms")  # OpenLIT tells one of whole answers too
    draft.give_back("level")
    draft.give_back("streamed")
    if draft.tables:
        put_tables(draft, fields)
    moment = draft.take("first_token_time", 0)
    if moment and "time_to_first_token_ms" not in draft.values:
        fields["time_to_first_token_ms"] = max(0, moment - fields["start_time"]) / 1e6


def _put_models(draft: Draft, fields: dict[str, Any]) -> None:
    """One name without a side is the response's where something came back, and the request's where nothing else is."""
    asked = _parameters(draft)
    named = draft.take("model_name")
    if "request_model" not in draft.values:
        fields["request_model"] = as_text(asked.get("model")) or named
    if named and "response_model" not in draft.values and fields["status"] != "error":
        fields["response_model"] = named
    if "max_tokens" not in draft.values:
        limit = next((asked[key] for key in ("max_completion_tokens", "max_tokens") if key in asked), 0)
        try:
            fields["max_tokens"] = whole(limit)
        except ValueError:
            fields["max_tokens"] = 0


def _parameters(draft: Draft) -> dict[str, Any]:
    text = draft.values.get("request_parameters")
    if text is None:
        return {}
    draft.give_back("request_parameters")
    try:
        value = from_json(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _texts(rest: dict[str, Any], scope_attributes: dict[str, str]) -> dict[str, str]:
    texts = {name: value if type(value) is str else as_text(value) for name, value in rest.items()}
    if scope_attributes:
        texts.update(scope_attributes)
    return texts
