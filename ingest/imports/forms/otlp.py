"""OTLP as files: what the OpenTelemetry Collector's file exporter writes, or the bodies of requests."""

from __future__ import annotations

from typing import Any, Final

from ingest.imports.forms.base import Form
from ingest.otlp.answers import JSON
from ingest.protocols.base import Decoded
from ingest.protocols.otlp_http import OtlpHttp

PROTOBUF: Final = "application/x-protobuf"


class OtlpJson(Form):
    """OTLP requests in JSON, one a line."""

    name = "otlp"
    order = 10

    def knows(self, told: dict[str, Any]) -> bool:
        """By its resources."""
        return isinstance(told.get("resourceSpans"), list)

    def decoded(self, record: bytes) -> Decoded:
        """Read one request."""
        return OtlpHttp().decode(record, JSON)


class OtlpProtobuf(Form):
    """OTLP requests in protobuf: one, or many with their lengths before them."""

    name = "otlp-protobuf"

    def knows(self, told: dict[str, Any]) -> bool:
        """Never by an object: a file that is no text is of this form."""
        return False

    def decoded(self, record: bytes) -> Decoded:
        """Read one request."""
        return OtlpHttp().decode(record, PROTOBUF)
