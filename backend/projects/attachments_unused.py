"""Give up attachments that no stored span refers to, and those of projects that are gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backend.attachments.reference import PATTERN, SHORT, references
from backend.attachments.shelf import FolderShelf, Shelf
from backend.errors import StoreAway
from backend.projects.models import Project
from backend.store.client import Store
from backend.store.query import Query
from backend.store.spool import Spool

LEAST_AGE_H: Final = 24
"""Hours that an attachment is left alone: its span may still be on its way."""

FIELDS: Final = (
    "input_messages", "output_messages", "input_text", "output_text", "tool_arguments", "tool_result", "documents",
    "tool_definitions", "events", "links", "retrieval_query", "status_message",
)  # fmt: skip
"""Texts of a span in which an attachment may stand, beside its attributes."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was done.

    Attributes:
        projects: how many that are gone lost all of theirs.
        removed: how many attachments of the others were given up.
        size_bytes: of those.
        kept: how many are left.
    """

    projects: int = 0
    removed: int = 0
    size_bytes: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class _Month:
    month: int


@dataclass(frozen=True, slots=True)
class _Found:
    reference: str


_MONTHS: Final = Query(
    "months_of_spans",
    "SELECT DISTINCT toYYYYMM(start_time) AS month FROM span WHERE project_id = {project_id:UInt32}",
    _Month,
    "export",
)
# A month is a partition. Most rows hold none, and looking for a word costs a fiftieth of the pattern.
_OF_SPANS: Final = Query(
    "attachments_of_spans",
    """
SELECT DISTINCT arrayJoin(extractAll(text, {pattern:String})) AS reference
FROM (
    SELECT arrayJoin(arrayConcat([@fields], mapValues(attributes), mapValues(resource_attributes))) AS text
    FROM span WHERE project_id = {project_id:UInt32} AND toYYYYMM(start_time) = {month:UInt32}
)
WHERE multiSearchAny(text, ['attachment:', 'langfuseMedia:type='])
""".replace("@fields", ", ".join(FIELDS)),
    _Found,
    "export",
)
_OF_PARTS: Final = Query(
    "attachments_of_parts",
    """
SELECT DISTINCT arrayJoin(extractAll(body, {pattern:String})) AS reference FROM wire_part
WHERE project_id = {project_id:UInt32} AND multiSearchAny(body, ['attachment:', 'langfuseMedia:type='])
""",
    _Found,
    "export",
)


def clear(shelf: Shelf, store: Store, spool: Spool, *, least_age_h: float = LEAST_AGE_H) -> Cleared:
    """Clear up.

    Args:
        shelf: where attachments are.
        store: where spans are.
        spool: where spans wait that the store does not have.
        least_age_h: hours that an attachment is left alone after it was last put aside.

    Raises:
        StoreAway: the store does not answer, or spans wait that may refer to anything; nothing was given up.
    """
    if spool.waiting_size().size_bytes:
        raise StoreAway("spans wait in the spool, and attachments of theirs cannot be told from unused ones; try later")
    before = time.time() - least_age_h * 3600
    known = set(Project.objects.values_list("pk", flat=True))
    done = Cleared()
    for project_id in shelf.projects():
        if project_id not in known:
            shelf.remove_project(project_id)
            done = Cleared(done.projects + 1, done.removed, done.size_bytes, done.kept)
            continue
        old = [one for one in shelf.all_of(project_id) if one.kept_at < before]
        used = _used(store, project_id) if old else set()
        for one in old:
            if one.key[:SHORT] in used:
                done = Cleared(done.projects, done.removed, done.size_bytes, done.kept + 1)
            else:
                shelf.remove(project_id, one)
                done = Cleared(done.projects, done.removed + 1, done.size_bytes + one.size, done.kept)
    if isinstance(shelf, FolderShelf):
        shelf.clear_drafts(least_age_h * 3600)
    return done


def _used(store: Store, project_id: int) -> set[str]:
    """The first digits of every hash that the project's spans and parts of spans refer to."""
    return {one.key[:SHORT] for row in _rows(store, project_id) for one in references(row.reference)}


def _rows(store: Store, project_id: int) -> Iterator[_Found]:
    for found in store.fetch(_MONTHS, project_id=project_id):
        yield from store.stream(_OF_SPANS, project_id=project_id, month=found.month, pattern=PATTERN)
    yield from store.stream(_OF_PARTS, project_id=project_id, pattern=PATTERN)
