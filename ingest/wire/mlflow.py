"""MLflow's traces: who and where in one message, all the spans in another, which may come first."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs

from backend.attachments.reference import Reference, reference_of
from backend.telemetry.part import WirePart
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.mapping.compose import Source, WireSpan, span_of
from ingest.mapping.values import as_json, as_text, from_json
from ingest.otlp.protobuf import KINDS, STATUSES
from ingest.wire.reading import counted, digest, judged, nanoseconds, rows, table

API: Final = "mlflow"
_ID_PREFIX: Final = "tr-"
_SOURCE: Final = Source({"scope_name": "mlflow"})
_SHARED: Final = ("mlflow.trace.session", "mlflow.trace.user")
_SIZES: Final = {16: 32, 8: 16}
_FILE: Final = "attachment"
_FILE_NAME: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SCHEME: Final = "mlflow-attachment://"
_REFERRED: Final = re.compile(rf"{_SCHEME}({_FILE_NAME.pattern})\?([A-Za-z0-9%=&._+-]{{1,400}})")
_MEDIA_TYPE: Final = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")


def trace_of(told: Any) -> str:
    """OpenTelemetry's trace id of MLflow's.

    >>> trace_of("tr-a2ec79e3b07a9654499d273fb9e9d836")
    'a2ec79e3b07a9654499d273fb9e9d836'
    """
    return as_text(told).removeprefix(_ID_PREFIX)


def trace_part(told: dict[str, Any], now: int) -> WirePart | None:
    """Who asked, where, and with which tags; None where it has no id."""
    trace_id = trace_of(told.get("trace_id"))
    return _part(trace_id, trace_id, "trace", {**told, "start_time": told.get("request_time")}, now)


def span_part(trace_id: str, told: dict[str, Any], now: int) -> WirePart | None:
    """One span; None where it has no id."""
    began, ended = counted(told.get("start_time_unix_nano")), counted(told.get("end_time_unix_nano"))
    if not began:  # as MLflow 2 wrote it
        began, ended = counted(told.get("start_time")), counted(told.get("end_time"))
    span_id = _hex(told.get("span_id") or table(told.get("context")).get("span_id"), 8)
    return _part(trace_id, span_id, "span", {**told, "start_time": began, "end_time": ended}, ended or now)


def file_part(trace_id: str, name: str, key: str, size: int, now: int) -> WirePart | None:
    """A file of a trace, which its spans refer to by name; None where that is no name of MLflow's.

    Args:
        trace_id: of the trace.
        name: a UUID.
        key: hash of the content.
        size: of the content, in bytes.
        now: nanoseconds since 1970.
    """
    if not _FILE_NAME.fullmatch(name):
        return None
    return _part(trace_id, name, _FILE, {"reference": str(Reference(key, "", size))}, now)


def _part(trace_id: str, item_id: str, kind: str, told: dict[str, Any], moment: int) -> WirePart | None:
    if not trace_id or not item_id:
        return None
    text = as_json(told)
    name = digest(kind, text)
    return WirePart(
        api=API, trace_id=trace_id, item_id=item_id, kind=kind, part_id=name, sent_at=moment, body=text
    )  # fmt: skip


def score_of(trace_id: str, told: dict[str, Any], now: int) -> Score | None:
    """Feedback or an expectation on a trace or span; None without a name or a finding."""
    name = as_text(told.get("assessment_name") or told.get("name"))
    found = table(told.get("feedback")) or table(told.get("expectation"))
    value = judged(found.get("value"))
    label = as_text(found.get("value")) if value is None else ""
    if not name or (value is None and not label):
        return None
    source = table(told.get("source"))
    span_id = _hex(told.get("span_id"), 8)
    return Score(
        score_id=digest(API, trace_id, span_id, name, as_text(source.get("source_id"))),
        name=name,
        value=value,
        label=label,
        explanation=as_text(told.get("rationale")),
        source="human" if as_text(source.get("source_type")).upper() == "HUMAN" else "client",
        author=as_text(source.get("source_id")),
        trace_id=trace_id,
        span_id=span_id,
        time=nanoseconds(told.get("create_time")) or now,
    )


def spans(trace_id: str, items: dict[tuple[str, str], dict[str, Any]]) -> list[Span]:
    """Spans of a trace, each with the conversation and the user that the trace names; its tags at the root."""
    trace = items.get(("trace", trace_id), {})
    said = table(trace.get("trace_metadata"))
    shared = [(name, said[name]) for name in _SHARED if said.get(name)]
    own = [(name, value) for name, value in said.items() if name not in _SHARED and not name.startswith(_REPEATED)]
    tags = [(f"mlflow.tag.{name}", value) for name, value in table(trace.get("tags")).items()]
    files = {name: as_text(told.get("reference")) for (kind, name), told in items.items() if kind == _FILE}
    return [
        span_of(_wire(trace_id, span_id, told, [*shared, *([] if _parent(told) else own + tags)], files), _SOURCE, API)
        for (kind, span_id), told in items.items()
        if kind == "span"
    ]


_REPEATED: Final = ("mlflow.traceInputs", "mlflow.traceOutputs", "mlflow.trace.size")
"""What a trace's metadata says again of its spans, or of its size."""


def _wire(
    trace_id: str, span_id: str, told: dict[str, Any], more: list[tuple[str, Any]], files: Mapping[str, str]
) -> WireSpan:
    status = table(told.get("status")) or {"code": told.get("status_code"), "message": told.get("status_message")}
    code = as_text(status.get("code")).upper().removeprefix("STATUS_CODE_")
    kind = as_text(told.get("kind")).upper().removeprefix("SPAN_KIND_").lower()
    return WireSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=_parent(told),
        name=as_text(told.get("name")),
        kind=kind if kind in KINDS else "internal",
        start_time=counted(told.get("start_time")),
        end_time=counted(told.get("end_time")),
        status=code.lower() if code.lower() in STATUSES else "unset",
        status_message=as_text(status.get("message")),
        pairs=[*_pairs(told.get("attributes"), files), *more],
        events=[
            (
                as_text(event.get("name")),
                counted(event.get("time_unix_nano") or event.get("timestamp")),
                dict(_pairs(event.get("attributes"), files)),
            )
            for event in rows(told.get("events"))
        ],
        links=[],
    )


def _parent(told: dict[str, Any]) -> str:
    return _hex(told.get("parent_span_id") or told.get("parent_id"), 8)


def _pairs(attributes: Any, files: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Each value is JSON of its own; what is none stays the text that it is. Files that came stand in it."""
    for name, value in table(attributes).items():
        if files and isinstance(value, str) and _SCHEME in value:
            value = _REFERRED.sub(partial(_in_place, files), value)  # noqa: PLW2901 - the same value
        try:
            yield name, from_json(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            yield name, value


def _in_place(files: Mapping[str, str], found: re.Match[str]) -> str:
    """The attachment that takes the place of MLflow's reference, which alone says of what type it is."""
    kept = reference_of(files.get(found[1], ""))
    if kept is None:
        return found[0]
    told = parse_qs(found[2]).get("content_type", [""])[0]
    return str(Reference(kept.key, told if _MEDIA_TYPE.fullmatch(told) else "", kept.size))


def _hex(told: Any, size: int) -> str:
    """An id in hexadecimal that came as base64 of its bytes, or as hexadecimal, with or without ``0x``."""
    text = as_text(told).removeprefix("0x")
    if len(text) == _SIZES[size] and set(text) <= set("0123456789abcdef"):
        return text
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return found.hex() if len(found) == size else ""
