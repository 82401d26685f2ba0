"""What people decided about topics, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from backend.topics import undo
from backend.topics.deeds import Kind, active
from backend.topics.models import Topic, TopicDeed

SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision.

    Attributes:
        number: of the topic it is about; 0 is Other.
        topics: numbers of the other topics it is about.
        text: what was decided, in words.
        can_undo: whether nothing that came later needs it.
        undone_at: when it was taken back; None where it holds.
    """

    id: int
    kind: str
    number: int
    topics: tuple[int, ...]
    text: str
    by: str
    at: datetime
    can_undo: bool
    undone_by: str
    undone_at: datetime | None


def decided(project_id: int, number: int | None = None) -> list[Decided]:
    """Decisions of a project, the last 200; those about one topic where its number is given."""
    found = TopicDeed.objects.filter(project_id=project_id).defer("vectors")
    names = {one.number: one.name for one in Topic.objects.filter(project_id=project_id)} | {0: "Other"}
    holding = active(project_id)
    told = (_decided(deed, names, holding) for deed in found)
    about = [one for one in told if number is None or number in (one.number, *one.topics)]
    return about[:SHOWN]


def _decided(deed: TopicDeed, names: dict[int, str], holding: list[TopicDeed]) -> Decided:
    others = _others(deed)
    return Decided(
        id=deed.pk,
        kind=deed.kind,
        number=deed.number,
        topics=others,
        text=_text(deed, names, others),
        by=deed.by,
        at=deed.at,
        can_undo=undo.can_undo(deed, holding),
        undone_by=deed.undone_by,
        undone_at=deed.undone_at,
    )


def _others(deed: TopicDeed) -> tuple[int, ...]:
    details: dict[str, Any] = deed.details
    found = {
        *details.get("parts", ()),
        *details.get("from", {}).values(),
        *([details["into"]] if "into" in details else []),
    }
    return tuple(sorted(found - {deed.number}))


def _text(deed: TopicDeed, names: dict[int, str], others: tuple[int, ...]) -> str:
    name = f"“{names.get(deed.number, f'topic {deed.number}')}”"
    listed = ", ".join(f"“{names.get(one, f'topic {one}')}”" for one in others)
    if deed.kind == Kind.MERGE:
        return f"{name} merged into {listed}"
    if deed.kind == Kind.SPLIT:
        return f"{name} split off {listed}"
    if deed.kind == Kind.MOVE:
        count = len(deed.details["from"])
        return f"{count:,} {'conversation' if count == 1 else 'conversations'} of {listed} moved to {name}"
    if deed.kind == Kind.RENAME:
        return f"“{deed.details['was']}” renamed to “{deed.details['name']}”"
    return f"{name} {'pinned' if deed.kind == Kind.PIN else 'left out of lists and trends'}"
