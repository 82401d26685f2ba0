"""Bytes as real clients send them, and what they must become."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec

from backend.telemetry.span import Span
from ingest import steps
from ingest.protocols.otlp_http import OtlpHttp

CAPTURED_NS = 1_795_400_000 * 10**9
FOLDER = Path(__file__).parent.parent / "payloads"


def payloads() -> list[Path]:
    """All request bodies."""
    return sorted(path for path in FOLDER.rglob("*.*") if ".spans" not in path.name)


def plain(path: Path) -> tuple[bytes, str]:
    """A body without its compression, and its content type."""
    body = path.read_bytes()
    if path.suffix == ".gz":
        body = gzip.decompress(body)
    return body, "application/json" if path.suffix == ".json" else "application/x-protobuf"


def spans(path: Path) -> list[Span]:
    """What a body becomes on the way to the store."""
    with patch.object(steps.time, "time_ns", return_value=CAPTURED_NS):  # else they lie in the future of a slow clock
        kept, refused = steps.run(OtlpHttp().decode(*plain(path)).spans)
    assert refused == []
    return kept


def shown(span: Span) -> dict[str, Any]:
    """A span as its golden file shows it: everything but what is at its default."""
    defaults = Span(trace_id="", span_id="", start_time=0, end_time=0)
    return {
        name: json.loads(msgspec.json.encode(value))
        for name, value in msgspec.structs.asdict(span).items()
        if value != getattr(defaults, name)
    }


def golden(path: Path) -> Path:
    """Where the spans of a body are written down; ``python -m tests.ingest.payloads`` writes them anew."""
    return path.with_name(f"{path.name}.spans.json")


if __name__ == "__main__":
    for each in payloads():
        golden(each).write_text(json.dumps([shown(span) for span in spans(each)], indent=1, ensure_ascii=False) + "\n")
