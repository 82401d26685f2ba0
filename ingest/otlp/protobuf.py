"""OTLP in protobuf. The generated classes run in C (upb); each access costs, so each field is read once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from backend.errors import BadRequest
from backend.telemetry import semconv as sc
from backend.telemetry.span import Span
from ingest import bounds
from ingest.mapping.compose import WireSpan, source_of, span_of
from ingest.mapping.numbered import vector_note

KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
_VECTOR = ".vector"


def parsed(kind: type[Message], body: bytes) -> Any:
    """Parse a request.

    Raises:
        BadRequest: the body is no such message.
        TooLarge: it holds more than ``ingest.bounds`` allows.
    """
    bounds.check_packed(body)
    try:
        return kind.FromString(body)
    except DecodeError as fault:
        text = str(fault).removeprefix("Error parsing message").strip(" :") or "unreadable"
        raise BadRequest(
            f"body of {len(body):,} bytes is no protobuf {kind.DESCRIPTOR.name}: {text};"
            " send the OTLP request message itself, with the content type that fits its encoding"
        ) from None


def spans(body: bytes, protocol: str) -> list[Span]:
    """All spans of an ExportTraceServiceRequest.

    Raises:
        BadRequest: the body is none.
        TooLarge: it holds more than ``ingest.bounds`` allows.
    """
    request = parsed(ExportTraceServiceRequest, body)
    if len(body) > bounds.SMALL:
        bounds.check_spans(request.resource_spans)
    found: list[Span] = []
    for resource_spans in request.resource_spans:
        resource = list(pairs(resource_spans.resource.attributes))
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope
            source = source_of(resource, scope.name, scope.version, pairs(scope.attributes))
            found.extend(span_of(_wire(span), source, protocol) for span in scope_spans.spans)
    return found


def _wire(span: Any) -> WireSpan:
    kind, status, parent = span.kind, span.status, span.parent_span_id
    code = status.code
    return WireSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=parent.hex() if parent.strip(b"\0") else "",
        name=span.name,
        kind=KINDS[kind] if 0 <= kind < len(KINDS) else "internal",
        start_time=span.start_time_unix_nano,
        end_time=span.end_time_unix_nano,
        status=STATUSES[code] if 0 <= code < len(STATUSES) else "unset",
        status_message=status.message,
        pairs=_span_pairs(span),
        events=[(event.name, event.time_unix_nano, dict(pairs(event.attributes))) for event in span.events],
        links=[(link.trace_id.hex(), link.span_id.hex(), dict(pairs(link.attributes))) for link in span.links],
    )


def _span_pairs(span: Any) -> Iterator[tuple[str, Any]]:
    for pair in span.attributes:
        value = pair.value
        if text := value.string_value:  # most are texts, and to ask which kind it is costs as much as the text
            yield pair.key, text
            continue
        kind = value.WhichOneof("value")
        if kind == "array_value" and pair.key.endswith(_VECTOR):
            yield pair.key, vector_note(len(value.array_value.values))
        else:
            yield pair.key, _value(value, kind)
    if span.trace_state:
        yield sc.TRACE_STATE, span.trace_state


def pairs(attributes: Any) -> Iterator[tuple[str, Any]]:
    """Attributes as names and plain values."""
    for pair in attributes:
        yield pair.key, _value(pair.value, pair.value.WhichOneof("value"))


def plain(value: Any) -> Any:
    """An AnyValue as a plain value: text, number, truth, bytes, list or dict."""
    return _value(value, value.WhichOneof("value"))


def _value(value: Any, kind: str | None) -> Any:
    if kind == "array_value":
        return [_value(item, item.WhichOneof("value")) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value, pair.value.WhichOneof("value")) for pair in value.kvlist_value.values}
    return None if kind is None else getattr(value, kind)
