"""OTLP's log records, from either encoding, as far as a span's content may stand in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from backend.telemetry import semconv as sc
from ingest.mapping.values import as_text
from ingest.otlp import json, protobuf


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record.

    Attributes:
        trace_id: of the span it was written in, empty where it was written in none; so is ``span_id``.
        event: its name as an event, empty for a line of a log.
        time: nanoseconds since 1970: when it happened, else when it was seen.
        body: any value.
        attributes: as the client wrote them.
    """

    trace_id: str
    span_id: str
    event: str
    time: int
    body: Any
    attributes: dict[str, Any]


class _Record(msgspec.Struct, rename="camel"):
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None
    time_unix_nano: int | str | None = 0
    observed_time_unix_nano: int | str | None = 0
    body: json.Value | None = None
    attributes: list[json.Pair] | None = None


class _ScopeLogs(msgspec.Struct, rename="camel"):
    log_records: list[_Record] | None = None


class _ResourceLogs(msgspec.Struct, rename="camel"):
    scope_logs: list[_ScopeLogs] | None = None


class _Logs(msgspec.Struct, rename="camel"):
    resource_logs: list[_ResourceLogs] | None = None


_logs = msgspec.json.Decoder(_Logs)


def from_json(body: bytes) -> Iterator[LogRecord]:
    """All records of a request in JSON.

    Raises:
        BadRequest: the body is no such JSON; the message names the place.
    """
    request = json.read(_logs, body)
    if request.resource_logs is None:
        json.check_named(body, "resourceLogs")
    for resource_logs in request.resource_logs or ():
        for scope_logs in resource_logs.scope_logs or ():
            for record in scope_logs.log_records or ():
                time = json.number(record.time_unix_nano, "timeUnixNano")
                attributes = dict(json.pairs(record.attributes))
                yield LogRecord(
                    trace_id=(record.trace_id or "").lower(),
                    span_id=(record.span_id or "").lower(),
                    event=record.event_name or as_text(attributes.get(sc.EVENT_NAME)),
                    time=time or json.number(record.observed_time_unix_nano, "observedTimeUnixNano"),
                    body=json.plain(record.body),
                    attributes=attributes,
                )


def from_protobuf(body: bytes) -> Iterator[LogRecord]:
    """All records of an ExportLogsServiceRequest.

    Raises:
        BadRequest: the body is none.
    """
    for resource_logs in protobuf.parsed(ExportLogsServiceRequest, body).resource_logs:
        for scope_logs in resource_logs.scope_logs:
            for record in scope_logs.log_records:
                attributes = dict(protobuf.pairs(record.attributes))
                yield LogRecord(
                    trace_id=record.trace_id.hex(),
                    span_id=record.span_id.hex(),
                    event=record.event_name or as_text(attributes.get(sc.EVENT_NAME)),
                    time=record.time_unix_nano or record.observed_time_unix_nano,
                    body=protobuf.plain(record.body),
                    attributes=attributes,
                )
