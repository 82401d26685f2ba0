"""The recorded ground truth: one line of JSON a turn, keyed by trace, never sent to the endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from ingest.sample.play import span_id
from ingest.sample.script import Conversation, Turn
from ingest.sample.texts import shop


class Planted(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of a turn, as ``script.Fault``."""

    kind: str
    detail: str


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about one turn.

    Attributes:
        turn: number in the conversation, from 0.
        want: slug of the want behind this turn; empty for an attack on the assistant.
        want_name: its readable name.
        move: which question of the want it is.
        conversation_want: slug of the want that opened the conversation.
        late: the want is the newcomer.
        faults: what was planted here.
    """

    trace_id: str
    root_span_id: str
    conversation_id: str
    turn: int
    user_id: str
    environment: str
    release: str
    prompt_version: str
    want: str
    want_name: str
    move: str
    conversation_want: str
    late: bool
    faults: tuple[Planted, ...]


def truths(plan: Iterable[Conversation]) -> Iterable[Truth]:
    """What is known about each turn of a plan."""
    return (_truth(conversation, turn) for conversation in plan for turn in conversation.turns)


def write_truth(plan: Iterable[Conversation], path: Path, append: bool = False) -> int:
    """Write what is known as JSON lines and return their number; the file appears only when it is whole."""
    lines = [msgspec.json.encode(item) + b"\n" for item in truths(plan)]
    path.parent.mkdir(parents=True, exist_ok=True)
    if append:
        with path.open("ab") as file:
            file.writelines(lines)
        return len(lines)
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(b"".join(lines))
    draft.replace(path)
    return len(lines)


def read_truth(path: Path) -> list[Truth]:
    """Read what ``write_truth`` wrote."""
    decoder = msgspec.json.Decoder(Truth)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]


def _truth(conversation: Conversation, turn: Turn) -> Truth:
    want = shop().wants.get(turn.want)
    return Truth(
        trace_id=turn.trace_id,
        root_span_id=span_id(turn.trace_id, 0),
        conversation_id=conversation.id,
        turn=turn.number,
        user_id=conversation.user_id,
        environment=conversation.environment,
        release=conversation.release,
        prompt_version=conversation.prompt_version,
        want=turn.want,
        want_name=want.name if want else "",
        move=turn.move,
        conversation_want=conversation.want,
        late=want is not None and want.late,
        faults=tuple(Planted(kind=fault.kind.value, detail=fault.detail) for fault in turn.faults),
    )
