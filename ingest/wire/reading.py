"""Small readings that the wire APIs share: times, JSON bodies, the first of several names, stable ids."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from backend.errors import BadRequest
from backend.telemetry.stored import from_below
from ingest.bounds import check_items
from ingest.mapping.values import as_text, from_json, whole

_SECONDS_END = 10**11
_MILLISECONDS_END = 10**14
_LAST_NS = 2**63 - 1
_ROOM: Final = 600
STAND_IN: Final = "assay.start_time"
"""Name under which ``ingest.wire.late`` tells when something began whose client never said so."""


def json_of(body: bytes) -> Any:
    """A request's body as JSON; lone surrogates are replaced, NaN and Infinity are words.

    Raises:
        BadRequest: it is no JSON, or nested more than some three hundred deep: who reads on goes through it by calls.
    """
    try:
        if body.count(b"[") + body.count(b"{") < _ROOM:
            return from_json(body)
        return from_below(from_json, body, _ROOM)
    except (ValueError, RecursionError) as fault:
        raise BadRequest(f"body of {len(body):,} bytes is no JSON: {str(fault)[:200]}") from None


def nanoseconds(value: Any) -> int:
    """A time as nanoseconds since 1970: ISO 8601 text, or a number of seconds, milliseconds or nanoseconds by its size.

    Returns:
        0 where it is no time; within 64 bits, so that the store can keep whatever a client calls a time.
    """
    return max(-_LAST_NS, min(_LAST_NS, _nanoseconds(value)))


def begun(told: Mapping[str, Any], *names: str) -> int:
    """When something began, as nanoseconds since 1970; 0 where nobody said.

    A moment that stood in for it goes on to hold: a span is named by its start, and must not come twice.
    """
    return nanoseconds(told.get(STAND_IN)) or nanoseconds(first(told, *names))


def _nanoseconds(value: Any) -> int:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return 0
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        whole = moment.replace(microsecond=0)
        return int(whole.timestamp()) * 10**9 + moment.microsecond * 1000
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    if isinstance(value, float) and not math.isfinite(value):
        return 0
    if abs(value) < _SECONDS_END:
        return int(value * 10**6) * 1000
    return int(value * 10**6) if abs(value) < _MILLISECONDS_END else int(value)


def first(values: Mapping[str, Any], *names: str) -> Any:
    """The first value that is there and says something, else None."""
    return next((values[name] for name in names if values.get(name) not in (None, "", [], {})), None)


def table(value: Any) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def batch(value: Any, what: str = "events") -> list[dict[str, Any]]:
    """The objects of a list that is a request's own.

    Args:
        value: the list.
        what: name of its objects, in the plural.

    Raises:
        TooLarge: there are more than a request may hold.
    """
    check_items(len(value) if isinstance(value, list) else 0, what)
    return rows(value)


def number(value: Any) -> float | None:
    """A finite number, else None."""
    if isinstance(value, bool):
        return float(value)
    if not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def judged(value: Any) -> float | None:
    """A judgement's number, also where it was sent as text or as a truth."""
    if isinstance(value, str):
        try:
            found = float(value) if value.isascii() else math.nan
        except ValueError:
            return None
        return found if math.isfinite(found) else None
    return number(value)


def counted(value: Any) -> int:
    """A limit or count that the store can keep; 0 where it is none."""
    try:
        return whole(value)
    except ValueError:
        return 0


def texts(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """What is told, as attributes."""
    return {f"{prefix}{name}": as_text(value) for name, value in values.items() if value not in (None, "", [], {})}


def digest(*words: str) -> str:
    """A name that follows from what it names, so that the same thing sent again gets it again."""
    return hashlib.blake2b("\0".join(words).encode("utf-8", "replace"), digest_size=16).hexdigest()
