"""Stored assignments follow what people decide: at once as far as a page can wait, the rest within seconds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils import timezone

from analytics.pipeline.assign import assign_conversations, published
from analytics.questions.sql import fill
from backend.jobs.models import Stage
from backend.store.connection import store
from backend.store.query import Query
from backend.topics import deeds
from backend.topics.models import TopicDeed

Kind = TopicDeed.Kind

AT_ONCE: Final = 2_000
"""Conversations that are assigned again while the person waits: about a second."""
_A_READ: Final = 500
_OVERLAP: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Id:
    conversation_id: str


_INSIDE: Final = Query(
    "conversations_of_topics",
    fill("""
SELECT conversation_id FROM topic_assignment FINAL
WHERE @project AND fit_id = {fit_id:UInt32} AND topic_id IN {numbers:Array(UInt32)}
  AND conversation_id > {after:String}
ORDER BY conversation_id LIMIT {limit:UInt32}
"""),
    _Id,
    "worker",
)


def apply(deed: TopicDeed, most: int | None = AT_ONCE) -> None:
    """Assign the conversations of a deed's topics again, those of later deeds too; all where ``most`` is None.

    What a stage assigned in the last minute may not have known of the deed: it is looked at once more.
    """
    fitted = published(deed.project_id)
    if fitted is None:
        TopicDeed.objects.filter(pk=deed.pk).update(is_applied=True)
        return
    named = sorted(deed.details.get("from", {}))
    if named:
        assign_conversations(deed.project_id, fitted, named)
    done, after = len(named), ""
    asked = {"project_id": deed.project_id, "fit_id": fitted.fit_id, "numbers": sorted(_touched(deed))}
    while most is None or done < most:
        ids = [row.conversation_id for row in store().fetch(_INSIDE, **asked, after=after, limit=_A_READ)]
        if not ids:
            TopicDeed.objects.filter(pk=deed.pk).update(is_applied=True)
            break
        assign_conversations(deed.project_id, fitted, ids)
        done, after = done + len(ids), ids[-1]
    since = timezone.now() - _OVERLAP
    assigning = Stage.objects.filter(project_id=deed.project_id, name="assign", position__gt=since)
    assigning.update(position=since, cursor="", head=None)


def waiting() -> list[int]:
    """Projects with deeds that not all stored assignments follow yet."""
    due = TopicDeed.objects.filter(is_applied=False, at__lt=timezone.now() - timedelta(seconds=5))
    return sorted(set(due.values_list("project_id", flat=True)))


def apply_all(project_id: int) -> None:
    """Finish what a page left."""
    for deed in TopicDeed.objects.filter(project_id=project_id, is_applied=False).order_by("id"):
        apply(deed, None)


def _touched(deed: TopicDeed) -> Collection[int]:
    """Numbers under which its conversations may be stored, by whatever else was decided since."""
    if deed.kind in (Kind.PIN, Kind.IGNORE, Kind.RENAME):
        return ()
    found = {deed.number, *deed.details.get("parts", ()), *deed.details.get("from", {}).values()}
    found |= {deed.details["into"]} if "into" in deed.details else set()
    for later in deeds.active(deed.project_id, (Kind.MERGE, Kind.SPLIT)):
        if later.number in found:
            found |= {*later.details.get("parts", ()), *({later.details["into"]} if "into" in later.details else ())}
    return found
