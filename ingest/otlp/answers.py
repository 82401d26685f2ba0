"""OTLP's answers: in the request's own encoding, refusals as google.rpc.Status."""

from __future__ import annotations

from typing import Any

import msgspec
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # ships no types

from backend.errors import AssayError, UnsupportedMedia
from ingest import fault_matrix
from ingest.protocols.base import Answer

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


def check_type(content_type: str) -> None:
    """Refuse what no OTLP request can be.

    Raises:
        UnsupportedMedia: the content type is none of OTLP's.
    """
    if content_type not in {PROTOBUF, JSON}:
        raise UnsupportedMedia(
            f"content type is {content_type or 'missing'}; OTLP is {PROTOBUF} or {JSON} (docs/ingest.md)"
        )


def accepted(response: Message, content_type: str, rejected: list[tuple[str, int]], field: str) -> Answer:
    """Success, with the number of what was rejected and why."""
    count = sum(number for _, number in rejected)
    reasons = "; ".join(f"{number} {reason}" for reason, number in rejected)
    if content_type == JSON:
        partial = {"partialSuccess": {_camel(field): str(count), "errorMessage": reasons}} if rejected else {}
        return Answer(200, JSON, msgspec.json.encode(partial))
    if rejected:
        partial_success: Any = response.partial_success  # each Export…Response has it
        setattr(partial_success, field, count)
        partial_success.error_message = reasons
    return Answer(200, PROTOBUF, response.SerializeToString())


def refused(content_type: str, error: AssayError) -> Answer:
    """A refusal as google.rpc.Status."""
    code, text = fault_matrix.grpc_code(error), str(error)
    if content_type == PROTOBUF:
        return Answer(error.status, PROTOBUF, Status(code=code, message=text).SerializeToString())
    return Answer(error.status, JSON, msgspec.json.encode({"code": code, "message": text}))


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
