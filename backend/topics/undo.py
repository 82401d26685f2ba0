"""Taking back what people decided about topics; what was built on it has to be taken back before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db import transaction
from django.utils import timezone

from backend.errors import BadRequest, NotFound
from backend.topics.deeds import Kind, active, tell
from backend.topics.models import Topic, TopicDeed


@transaction.atomic
def undo(project_id: int, deed_id: int, by: str) -> TopicDeed:
    """Take a deed back.

    Raises:
        NotFound: the project has none of this number.
        BadRequest: it was taken back already, or a later one needs it.
    """
    deed = TopicDeed.objects.select_for_update().filter(project_id=project_id, pk=deed_id).first()
    if deed is None:
        raise NotFound(f"there is no decision {deed_id} in this project")
    if deed.undone_at:
        raise BadRequest(f"decision {deed_id} was taken back by {deed.undone_by} already")
    _refuse_needed(deed)
    deed.undone_at, deed.undone_by, deed.is_applied = timezone.now(), by, False
    deed.save(update_fields=["undone_at", "undone_by", "is_applied"])
    topic = Topic.objects.select_for_update().filter(project_id=project_id, number=deed.number).first()
    if topic:
        _UNDO[deed.kind](deed, topic, by)
    return deed


def can_undo(deed: TopicDeed, later: list[TopicDeed]) -> bool:
    """Whether nothing that came later needs a deed; only the newest name of a topic can be taken back."""
    return deed.undone_at is None and not any(_needs(one, deed) for one in later if one.pk > deed.pk)


def _refuse_needed(deed: TopicDeed) -> None:
    for later in active(deed.project_id):
        if later.pk > deed.pk and _needs(later, deed):
            raise BadRequest(
                f"decision {deed.pk} cannot be taken back before decision {later.pk}"
                f" ({later.get_kind_display().lower()}, topic {later.number}), which needs it"
            )


def _needs(later: TopicDeed, deed: TopicDeed) -> bool:
    named = {later.number, later.details.get("into"), *later.details.get("from", {}).values()}
    if deed.kind == Kind.SPLIT:
        return bool(named & set(deed.details["parts"][1:]))
    return deed.kind == later.kind == Kind.RENAME and deed.number == later.number


def _unmerge(deed: TopicDeed, topic: Topic, by: str) -> None:
    into = Topic.objects.select_for_update().get(project_id=deed.project_id, number=deed.details["into"])
    topic.state = Topic.State.ACTIVE
    tell(topic, "came back", [into.number], by)
    tell(into, "gave back", [topic.number], by)


def _unsplit(deed: TopicDeed, topic: Topic, by: str) -> None:
    parts = deed.details["parts"][1:]
    for part in Topic.objects.select_for_update().filter(project_id=deed.project_id, number__in=parts):
        part.state, part.parent = Topic.State.MERGED, None
        tell(part, "merged into", [topic.number], by)
    tell(topic, "took in", parts, by)


def _unmove(deed: TopicDeed, topic: Topic, by: str) -> None:
    origin = deed.details["from"].values()
    tell(topic, "gave back conversations", sorted({number for number in origin if number}), by, len(origin))


def _unpin(deed: TopicDeed, topic: Topic, by: str) -> None:
    topic.is_pinned = False
    tell(topic, "let go", (), by)


def _show_again(deed: TopicDeed, topic: Topic, by: str) -> None:
    topic.is_ignored = False
    tell(topic, "shown again", (), by)


def _unname(deed: TopicDeed, topic: Topic, by: str) -> None:
    was = topic.name
    topic.name_by_people = deed.details["was_by_people"]
    event = {
        "at": timezone.now().isoformat(),
        "event": "renamed",
        "topics": [],
        "was": was,
        "name": topic.name,
        "by": by,
    }
    topic.lineage = [*topic.lineage, event]
    topic.save()


_UNDO: Final[dict[str, Callable[[TopicDeed, Topic, str], None]]] = {
    Kind.MERGE: _unmerge,
    Kind.SPLIT: _unsplit,
    Kind.MOVE: _unmove,
    Kind.PIN: _unpin,
    Kind.IGNORE: _show_again,
    Kind.RENAME: _unname,
}
