"""Steps whose beginning nobody told: after a while the first that was told of them stands in for it.

The stand-in is stored as a part of its own, once, so that spans stay a function of the parts alone: should the
beginning come after all, the moment that stood in goes on to name the span, and no second one appears beside it.
"""

from __future__ import annotations

import time
from typing import Any, Final

from backend.store.parts import StoredPart
from backend.telemetry.part import WirePart
from ingest.mapping.values import as_json
from ingest.wire.reading import STAND_IN, begun, nanoseconds

GRACE_S: Final = 120.0
"""How long a beginning is waited for: clients that tell of it late are seconds late."""

_STARTS: Final = {
    ("langfuse", "span"): ("startTime", "timestamp"),
    ("langfuse", "trace"): ("timestamp",),
    ("langsmith", "span"): ("start_time",),
    ("opik", "span"): ("start_time",),
    ("opik", "trace"): ("start_time",),
}
_ENDS: Final = ("endTime", "end_time")


def stand_ins(
    api: str, trace_id: str, items: dict[tuple[str, str], dict[str, Any]], parts: list[StoredPart]
) -> list[WirePart]:
    """Parts that tell a beginning of each item that has none."""
    found = []
    for (kind, item_id), told in items.items():
        names = _STARTS.get((api, kind))
        if names is None or begun(told, *names):
            continue
        moments = [part.sent_at for part in parts if part.item_id == item_id and part.kind == kind]
        moments += [end for name in _ENDS if (end := nanoseconds(told.get(name)))]
        moment = min(moments, default=0)
        found.append(
            WirePart(
                api=api,
                trace_id=trace_id,
                item_id=item_id,
                kind=kind,
                part_id=STAND_IN,
                sent_at=0,
                body=as_json({STAND_IN: moment if moment > 0 else time.time_ns()}),
            )
        )
    return found


def as_stored(part: WirePart) -> StoredPart:
    """The part as the store gives it back."""
    return StoredPart(part.trace_id, part.item_id, part.kind, part.sent_at, part.body)
