"""OTLP in JSON: hexadecimal ids, 64-bit numbers as text, bytes in base64; fields it does not know are ignored."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from backend.errors import BadRequest
from backend.telemetry import semconv as sc
from backend.telemetry.span import Span
from ingest import bounds
from ingest.mapping.compose import WireSpan, source_of, span_of
from ingest.mapping.values import from_json
from ingest.otlp.protobuf import KINDS, STATUSES

T = TypeVar("T")


class Value(msgspec.Struct, rename="camel"):
    """An AnyValue: one of its fields is set."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    array_value: Array | None = None
    kvlist_value: Pairs | None = None
    bytes_value: str | None = None


class Array(msgspec.Struct):
    """A list of values."""

    values: list[Value | None] = []


class Pair(msgspec.Struct):
    """One attribute."""

    key: str = ""
    value: Value | None = None


class Pairs(msgspec.Struct):
    """A table of values by name."""

    values: list[Pair] = []


class _Event(msgspec.Struct, rename="camel"):
    name: str = ""
    time_unix_nano: int | str = 0
    attributes: list[Pair] | None = None


class _Link(msgspec.Struct, rename="camel"):
    trace_id: str = ""
    span_id: str = ""
    attributes: list[Pair] | None = None


class _Status(msgspec.Struct):
    code: int | str = 0
    message: str | None = None


class _Span(msgspec.Struct, rename="camel"):
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    trace_state: str | None = None
    name: str | None = None
    kind: int | str | None = 0
    start_time_unix_nano: int | str | None = 0
    end_time_unix_nano: int | str | None = 0
    attributes: list[Pair] | None = None
    events: list[_Event] | None = None
    links: list[_Link] | None = None
    status: _Status | None = None


class _Scope(msgspec.Struct):
    name: str | None = None
    version: str | None = None
    attributes: list[Pair] | None = None


class _ScopeSpans(msgspec.Struct, rename="camel"):
    scope: _Scope | None = None
    spans: list[_Span] | None = None


class _Resource(msgspec.Struct):
    attributes: list[Pair] | None = None


class _ResourceSpans(msgspec.Struct, rename="camel"):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] | None = None


class _Traces(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceSpans] | None = None


_traces = msgspec.json.Decoder(_Traces)
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def spans(body: bytes, protocol: str) -> list[Span]:
    """All spans of a request.

    Raises:
        BadRequest: the body is no such JSON, or has no spans' field; the message names the place.
        TooLarge: it holds more than ``ingest.bounds`` allows.
    """
    request = read(_traces, body)
    if request.resource_spans is None:
        check_named(body, "resourceSpans")
    scopes = [scope for one in request.resource_spans or () for scope in one.scope_spans or ()]
    bounds.check_items(sum(len(scope.spans or ()) for scope in scopes), "spans")
    found: list[Span] = []
    for resource_spans in request.resource_spans or ():
        resource = list(pairs((resource_spans.resource or _Resource()).attributes))
        for scope_spans in resource_spans.scope_spans or ():
            scope = scope_spans.scope or _Scope()
            source = source_of(resource, scope.name or "", scope.version or "", pairs(scope.attributes))
            found.extend(span_of(_wire(span), source, protocol) for span in scope_spans.spans or ())
    return found


def read(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode JSON; what strict JSON refuses (lone surrogates, NaN) is mended first.

    Raises:
        BadRequest: it is no JSON of this form; the message names the place.
    """
    try:
        return decoder.decode(body)
    except RecursionError:
        raise BadRequest("body is JSON nested too deeply; 100 levels are enough for any attribute") from None
    except msgspec.ValidationError as fault:
        raise BadRequest(f"body is no OTLP request: {fault}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        try:
            return msgspec.convert(from_json(body), decoder.type)
        except (ValueError, RecursionError):
            raise BadRequest(f"body of {len(body):,} bytes is no JSON: {fault}") from None


def check_named(body: bytes, name: str) -> None:
    """Refuse a request without its one field: whatever it holds under other names would be lost with a success.

    Raises:
        BadRequest: it says something, and nothing under this name.
    """
    told = from_json(body)
    if told and name not in told:
        others = ", ".join(str(one)[:40] for one in list(told)[:3])
        raise BadRequest(f"body has no {name} but {others}: OTLP in JSON names its fields so, in camel case")


def _wire(span: _Span) -> WireSpan:
    status = span.status or _Status()
    given = pairs(span.attributes)
    return WireSpan(
        trace_id=(span.trace_id or "").lower(),
        span_id=(span.span_id or "").lower(),
        parent_span_id=(span.parent_span_id or "").lower() if (span.parent_span_id or "").strip("0") else "",
        name=span.name or "",
        kind=_word(span.kind or 0, KINDS, "SPAN_KIND_"),
        start_time=number(span.start_time_unix_nano, "startTimeUnixNano"),
        end_time=number(span.end_time_unix_nano, "endTimeUnixNano"),
        status=_word(status.code, STATUSES, "STATUS_CODE_"),
        status_message=status.message or "",
        pairs=[*given, (sc.TRACE_STATE, span.trace_state)] if span.trace_state else given,
        events=[
            (event.name, number(event.time_unix_nano, "timeUnixNano"), dict(pairs(event.attributes)))
            for event in span.events or ()
        ],
        links=[(link.trace_id, link.span_id, dict(pairs(link.attributes))) for link in span.links or ()],
    )


def number(value: int | str | None, name: str) -> int:
    """A 64-bit number, which JSON may carry as text; nothing is 0.

    Raises:
        BadRequest: it is none; the message has its name.
    """
    try:
        return int(value or 0)
    except ValueError:
        raise BadRequest(f"body is no OTLP request: {name} is {str(value)[:40]!r}, not a whole number") from None


def _word(value: int | str, known: Sequence[str], prefix: str) -> str:
    if isinstance(value, str):
        word = value.removeprefix(prefix).lower()
        return word if word in known else known[0]
    return known[value] if 0 <= value < len(known) else known[0]


def pairs(attributes: list[Pair] | None) -> Iterator[tuple[str, Any]]:
    """Attributes as names and plain values."""
    for pair in attributes or ():
        yield pair.key, plain(pair.value)


def plain(value: Value | None) -> Any:
    """An AnyValue as a plain value: text, number, truth, bytes, list or dict."""
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return number(value.int_value, "intValue")
    if value.double_value is not None:
        return _real(value.double_value)
    if value.bool_value is not None:
        return value.bool_value
    if value.array_value is not None:
        return [plain(item) for item in value.array_value.values]
    if value.kvlist_value is not None:
        return dict(pairs(value.kvlist_value.values))
    return None if value.bytes_value is None else _bytes(value.bytes_value)


def _real(value: float | str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def _bytes(text: str) -> bytes | str:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text


def count(body: bytes, outer: str, inner: str, items: str) -> int:
    """How many items a request of metrics or logs holds.

    Raises:
        BadRequest: it is no JSON object, or has no field ``outer``.
    """
    request = read(_anything, body)
    if not isinstance(request, dict):
        raise BadRequest("body is no OTLP request: a JSON object was expected")
    if request.get(outer) is None:
        check_named(body, outer)
    return sum(len(_list(scope, items)) for one in _list(request, outer) for scope in _list(one, inner))


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
