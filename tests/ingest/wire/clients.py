"""What the requests of each client with an API of its own become, as golden files show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.ingest.payloads import shown
from tests.ingest.wire.captured import FOLDER as SENT
from tests.ingest.wire.captured import outcome

FOLDER: Final = Path(__file__).parent / "golden"
CLIENTS: Final = tuple(sorted(path.name.removesuffix(".json.gz") for path in SENT.glob("*.json.gz")))


def golden(client: str) -> Path:
    """Where it is written down; ``python -m tests.ingest.wire.clients`` writes all anew."""
    return FOLDER / f"{client}.json"


def told(client: str) -> dict[str, Any]:
    """Spans, the last of those with the same ids, judgements, and what was refused, as the golden file holds them."""
    found = outcome(client)
    last = {(span.trace_id, span.span_id): span for span in found.spans}
    return {
        "spans": [shown(span) for span in last.values()],
        "scores": json.loads(msgspec.json.encode(found.scores)),
        "rejected": [list(one) for one in found.rejected],
    }


if __name__ == "__main__":
    for each in CLIENTS:
        golden(each).write_text(json.dumps(told(each), indent=1, ensure_ascii=False) + "\n")
