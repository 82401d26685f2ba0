"""One line of a file of conversations: its form, and the times of its turns."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from backend.errors import BadRequest
from ingest.mapping.values import from_json

_PACE_NS: Final = {"system": 0, "user": 20 * 10**9, "assistant": 2 * 10**9, "tool": 5 * 10**8}


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that the assistant asked for."""

    name: str
    id: str | None = None
    arguments: Any = None


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One message.

    Attributes:
        role: who wrote it.
        content: None on a pure tool call.
        timestamp: ISO 8601 or seconds since 1970; only real ones.
        more: everything else that the line says of it, such as ratings.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    timestamp: str | float | None = None
    more: dict[str, Any] = msgspec.field(default_factory=dict)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation."""

    conversation_id: str
    turns: list[Turn]
    id: str = ""
    kind: str = "conversation"
    source: str = ""
    app: str | None = None
    user_id: str | None = None
    labels: dict[str, Any] | None = None
    meta: dict[str, Any] | None = None


class OtherKind(BadRequest):
    """A line that is no conversation."""


_KNOWN = frozenset(Turn.__struct_fields__)


def record_of(line: bytes) -> Record:
    """Read a line.

    Raises:
        OtherKind: it is of another kind.
        BadRequest: it is no conversation of this form; the message names the place.
    """
    try:
        value = from_json(line)
    except ValueError as fault:
        raise BadRequest(f"no JSON: {fault}") from None
    if not isinstance(value, dict):
        raise BadRequest("no JSON object")
    if value.get("kind", "conversation") != "conversation":
        raise OtherKind(f"kind is {str(value['kind'])[:40]!r}, not 'conversation'")
    for turn in value["turns"] if isinstance(value.get("turns"), list) else ():
        if isinstance(turn, dict):
            turn["more"] = {name: turn[name] for name in turn if name not in _KNOWN}
    try:
        record = msgspec.convert(value, Record, strict=False)
    except msgspec.ValidationError as fault:
        raise BadRequest(str(fault)) from None
    if not record.turns or not record.conversation_id:
        raise BadRequest("it has no turns" if record.conversation_id else "its conversation_id is empty")
    return record


def times_of(record: Record, start_ns: int | None, end_ns: int | None) -> tuple[list[int], str]:
    """When each turn was written, in nanoseconds, never backwards.

    Where no turn has a real time, the conversation is put between ``start_ns`` and ``end_ns``, at a place that its id
    decides, so that a second import puts it there again.

    Returns:
        The times, and ``real``, ``partly real`` or ``synthetic``.

    Raises:
        BadRequest: there is no real time and no range, or a time cannot be read.
    """
    real = [_nanoseconds(turn.timestamp) for turn in record.turns]
    offsets, offset = [], 0
    for turn in record.turns:
        offset += _PACE_NS[turn.role]
        offsets.append(offset)
    first = next((place for place, time in enumerate(real) if time is not None), None)
    if first is None:
        anchor, anchored = _drawn(record.conversation_id, start_ns, end_ns), 0
    else:
        anchor, anchored = real[first] or 0, first
    times: list[int] = []
    for place, known in enumerate(real):
        if known is not None:
            anchor, anchored = known, place
        time = known if known is not None else anchor + offsets[place] - offsets[anchored]
        times.append(max(time, times[-1]) if times else time)
    if first is None:
        return times, "synthetic"
    return times, "real" if None not in real else "partly real"


def _drawn(conversation_id: str, start_ns: int | None, end_ns: int | None) -> int:
    if start_ns is None or end_ns is None:
        raise BadRequest("no turn has a timestamp; give --start and --end to spread such conversations over")
    place = int.from_bytes(hashlib.blake2b(conversation_id.encode(), digest_size=8).digest(), "big")
    return start_ns + place % max(1, end_ns - start_ns)


def _nanoseconds(timestamp: str | float | None) -> int | None:
    if timestamp is None:
        return None
    try:
        if isinstance(timestamp, float):
            return int(timestamp * 1e9)
        moment = datetime.fromisoformat(timestamp)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e6) * 1000
    except (ValueError, OverflowError):
        raise BadRequest(f"timestamp {str(timestamp)[:40]!r} is no time") from None
