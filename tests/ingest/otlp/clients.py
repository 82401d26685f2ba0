"""What each OpenTelemetry client's requests become, as golden files show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from backend.telemetry.span import Span
from tests.ingest.payloads import shown
from tests.ingest.wire.captured import outcome

SENT: Final = Path(__file__).parent / "payloads"
FOLDER: Final = Path(__file__).parent / "golden"
CLIENTS: Final = tuple(sorted(path.name.removesuffix(".json.gz") for path in SENT.glob("*.json.gz")))


def spans(client: str) -> list[Span]:
    """The spans of a client as the store has them at the end: the last of those with the same ids."""
    return list({(span.trace_id, span.span_id): span for span in outcome(client, SENT).spans}.values())


def golden(client: str) -> Path:
    """Where they are written down; ``python -m tests.ingest.otlp.clients`` writes them anew."""
    return FOLDER / f"{client}.spans.json"


def told(client: str) -> list[dict[str, Any]]:
    """The spans as the golden file holds them."""
    return [shown(span) for span in spans(client)]


if __name__ == "__main__":
    for each in CLIENTS:
        golden(each).write_text(json.dumps(told(each), indent=1, ensure_ascii=False) + "\n")
