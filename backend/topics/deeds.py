"""What people decide about topics: each a record with who and when, that can be taken back.

Details by kind: ``merge`` has ``into``; ``split`` has ``parts`` (numbers, the topic's own first) and ``examples``
(conversations of each part); ``move`` has ``from`` (number by conversation) and ``anchors`` (conversations of the
stored vectors, in order); ``rename`` has ``was`` and ``name``. ``pin`` and ``ignore`` have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from backend.errors import BadRequest, NotFound
from backend.topics.models import Topic, TopicDeed

Kind = TopicDeed.Kind

MOST_MOVED: Final = 500
"""Conversations of one move; more of them are a topic of their own."""
MOST_PARTS: Final = 8


def topic_of(project_id: int, number: int) -> Topic:
    """The topic that people decide about.

    Raises:
        NotFound: there is none, it is a group, or it is gone.
    """
    found = Topic.objects.filter(project_id=project_id, number=number, level=1, state=Topic.State.ACTIVE).first()
    if found is None:
        raise NotFound(f"there is no topic {number} in use; Other, groups and topics that are gone cannot be changed")
    return found


def next_number(project_id: int) -> int:
    """The first number that no topic of the project ever had."""
    last = Topic.objects.filter(project_id=project_id).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def active(project_id: int, kinds: Iterable[str] = Kind.values) -> list[TopicDeed]:
    """Deeds that hold, the oldest first."""
    return list(TopicDeed.objects.filter(project_id=project_id, undone_at=None, kind__in=list(kinds)).order_by("id"))


def held(project_id: int) -> set[int]:
    """Numbers of topics that people decided about: no fit may do away with them."""
    found: set[int] = set()
    for deed in active(project_id):
        found |= {deed.number, *deed.details.get("parts", ()), *deed.details.get("from", {}).values()}
        found.add(deed.details.get("into", deed.number))
    return found - {0}


@transaction.atomic
def merge(topic: Topic, into: Topic, by: str) -> TopicDeed:
    """Make one topic part of another; its number and name come back when that is undone.

    Raises:
        BadRequest: they are the same topic.
    """
    if topic.pk == into.pk:
        raise BadRequest(f"topic {topic.number} cannot be merged into itself")
    deed = _record(topic, Kind.MERGE, by, {"into": into.number})
    topic.state = Topic.State.MERGED
    tell(topic, "merged into", [into.number], by)
    tell(into, "took in", [topic.number], by)
    return deed


@transaction.atomic
def split(
    topic: Topic, parts: Sequence[Mapping[str, Any]], by: str, *, vectors: bytes, embedding_model: str
) -> TopicDeed:
    """Make parts of a topic topics of their own; the first keeps the number and the name.

    Args:
        topic: what is split.
        parts: of each its ``name``, ``subtitle``, ``keywords`` and ``examples`` (ids of conversations).
        by: who.
        vectors: one prototype a part.
        embedding_model: that made them.

    Raises:
        BadRequest: there are not two to eight parts.
    """
    if not 2 <= len(parts) <= MOST_PARTS:
        raise BadRequest(f"a topic is split into 2 to {MOST_PARTS} parts, not {len(parts)}")
    first = next_number(topic.project_id)
    numbers = [topic.number, *range(first, first + len(parts) - 1)]
    for number, part in zip(numbers[1:], parts[1:], strict=True):
        new = Topic(
            project_id=topic.project_id, number=number, parent=topic.parent, fit=topic.fit, machine_name=part["name"],
            subtitle=part["subtitle"], keywords=part["keywords"],
        )  # fmt: skip
        tell(new, "split from", [topic.number], by)
    tell(topic, "split into", numbers[1:], by)
    examples = {str(number): part["examples"] for number, part in zip(numbers, parts, strict=True)}
    details = {"parts": numbers, "examples": examples}
    return _record(topic, Kind.SPLIT, by, details, vectors=vectors, embedding_model=embedding_model)


@transaction.atomic
def move(project_id: int, into: Topic | None, origin: Mapping[str, int], by: str, **kept: Any) -> TopicDeed:
    """Put conversations into a topic, or into Other, whatever a fit thinks of them.

    Args:
        project_id: of the project.
        into: the topic; None for Other.
        origin: number of the topic each conversation was in, by its id.
        by: who.
        kept: ``anchors``, ``vectors`` and ``embedding_model``: what conversations in the same words are known by.

    Raises:
        BadRequest: there are none, or too many.
    """
    if not 1 <= len(origin) <= MOST_MOVED:
        raise BadRequest(f"{len(origin)} conversations cannot be moved; 1 to {MOST_MOVED} at once can")
    details = {"from": dict(origin), "anchors": list(kept.pop("anchors", ()))}
    deed = TopicDeed.objects.create(
        project_id=project_id, kind=Kind.MOVE, number=into.number if into else 0, details=details, by=by, **kept
    )
    if into:
        tell(into, "got conversations", sorted({number for number in origin.values() if number}), by, len(origin))
    return deed


@transaction.atomic
def mark(topic: Topic, kind: str, by: str) -> TopicDeed:
    """Pin a topic, or leave it out of lists and trends.

    Raises:
        BadRequest: that is so already.
    """
    name = {Kind.PIN: "is_pinned", Kind.IGNORE: "is_ignored"}[Kind(kind)]
    if getattr(topic, name):
        raise BadRequest(f"topic {topic.number} is {'pinned' if kind == Kind.PIN else 'left out'} already")
    setattr(topic, name, True)
    tell(topic, "pinned" if kind == Kind.PIN else "left out", (), by)
    return _record(topic, kind, by, {})


def tell(topic: Topic, event: str, topics: Iterable[int], by: str, count: int | None = None) -> None:
    """Write what became of a topic into its lineage, and store the topic."""
    told: dict[str, Any] = {"at": timezone.now().isoformat(), "event": event, "topics": list(topics), "by": by}
    topic.lineage = [*topic.lineage, told if count is None else {**told, "count": count}]
    topic.save()


def _record(topic: Topic, kind: str, by: str, details: dict[str, Any], **kept: Any) -> TopicDeed:
    return TopicDeed.objects.create(
        project_id=topic.project_id, kind=kind, number=topic.number, details=details, by=by, **kept
    )
