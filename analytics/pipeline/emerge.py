"""Between two fits: what people have begun to want is looked for as conversations come in, and announced once."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db.models import Q
from django.utils import timezone

from analytics.pipeline import decided, due
from analytics.pipeline import embed as embedding
from analytics.pipeline.assign import Fitted, published
from analytics.pipeline.order import EMERGE
from analytics.pipeline.step import AWAY
from analytics.questions.marks import published_fit
from analytics.questions.sql import fill
from analytics.topics import emerging
from analytics.topics.emerging import Found
from analytics.topics.names import name_topics
from backend.jobs import runs
from backend.jobs.claims import Claim, claimed
from backend.projects.models import Project
from backend.store.connection import store
from backend.store.query import Query
from backend.topics.models import EmergingTopic, TopicFit

log = logging.getLogger(__name__)

EVERY: Final = 200
"""New conversations between two looks."""
MOST: Final = 4_000
"""Newest conversations since the fit that a look reads; a fit is due at half as many again as it was made of."""
REMEMBERED: Final = timedelta(days=90)
"""How long after it was last seen a want is no news."""
_LOOK_S: Final = 60.0
_AT_ONCE: Final = 500
_EXAMPLES: Final = 5
_KEPT: Final = 200

_looked: dict[int, float] = {}


@dataclass(frozen=True, slots=True)
class _New:
    conversation_id: str
    user_id: str
    first_text: str
    start_time: datetime


@dataclass(frozen=True, slots=True)
class _Count:
    conversations: int


@dataclass(frozen=True, slots=True)
class _Where:
    conversation_id: str
    topic_id: int


_SINCE: Final = (
    "@project AND fit_id = {fit_id:UInt32} AND start_time > fromUnixTimestamp64Nano({since:Int64}) AND first_text != ''"
)
_NEW: Final = Query(
    "conversations_since_fit",
    fill(
        """
SELECT conversation_id, user_id, first_text, start_time FROM topic_assignment FINAL
WHERE @since ORDER BY start_time DESC, conversation_id LIMIT {limit:UInt32}
""",
        since=_SINCE,
    ),
    _New,
    "worker",
)
_COUNT: Final = Query(
    "conversations_since_fit_counted",
    fill("SELECT count() AS conversations FROM topic_assignment FINAL WHERE @since", since=_SINCE),
    _Count,
    "worker",
)
_WHERE: Final = Query(
    "topics_of_what_emerged",
    fill("""
SELECT conversation_id, topic_id FROM topic_assignment FINAL
WHERE @project AND fit_id = {fit_id:UInt32} AND conversation_id IN {ids:Array(String)}
"""),
    _Where,
    "worker",
)


def waiting() -> list[int]:
    """Projects in which enough came since the last look; each is asked once a minute at most."""
    now = time.monotonic()
    asked = [one for one in due.newest_rows() if now - _looked.get(one, -_LOOK_S) >= _LOOK_S]
    _looked.update(dict.fromkeys(asked, now))
    known = set(Project.objects.filter(pk__in=asked).values_list("pk", flat=True))
    return [one for one in asked if one in known and is_due(one)]


def is_due(project_id: int) -> bool:
    """Whether a look would see two hundred conversations more than the last one."""
    fit = published_fit(project_id)
    if fit is None or fit.measures.get("first_impression") or "until" not in fit.measures:
        return False
    _, seen = _progress(fit)
    return _count(fit) >= seen + EVERY


def look_when_due(project_id: int) -> int:
    """Look for new wants if that is due and nobody else is at it; how many were announced."""
    with claimed(project_id, [EMERGE]) as claim:
        if claim is None or not is_due(project_id):
            return 0
        return _look(project_id, claim)


def settle(fit: TopicFit) -> None:
    """Say of each want that was announced before a fit which topic most of it is in now."""
    for one in EmergingTopic.objects.filter(project_id=fit.project_id, became=None).exclude(fit=fit):
        rows = store().fetch(_WHERE, project_id=fit.project_id, fit_id=fit.pk, ids=one.conversation_ids)
        counted = Counter(row.topic_id for row in rows).most_common(1)
        one.became = counted[0][0] if counted else 0
        one.save(update_fields=["became"])


def _look(project_id: int, claim: Claim) -> int:
    stage = claim.stages[0]
    run = runs.begin(stage)
    fit = published_fit(project_id)
    fitted = published(project_id)
    assert fit is not None and fitted is not None  # noqa: S101 - for the type; it would not be due
    look, count = _progress(fit)[0] + 1, _count(fit)
    try:
        announced = _announce(fit, fitted, look)
    except AWAY as fault:
        runs.end(run, {}, f"{type(fault).__name__}: {fault}", failed=True)
        raise
    runs.end(run, {"conversations": count, "announced": announced})
    TopicFit.objects.filter(pk=fit.pk).update(measures={**fit.measures, "looks": look, "looked_at": count})
    claim.advance(stage, position=timezone.now())
    return announced


def _progress(fit: TopicFit) -> tuple[int, int]:
    """Looks since the fit, and how many conversations the last one saw."""
    return int(fit.measures.get("looks", 0)), int(fit.measures.get("looked_at", 0))


def _count(fit: TopicFit) -> int:
    asked = {"project_id": fit.project_id, "fit_id": fit.pk, "since": fit.measures["until"]}
    return store().fetch(_COUNT, **asked)[0].conversations


def _announce(fit: TopicFit, fitted: Fitted, look: int) -> int:
    asked = {"project_id": fit.project_id, "fit_id": fit.pk, "since": fit.measures["until"]}
    new = {row.conversation_id: row for row in store().fetch(_NEW, **asked, limit=MOST)}
    ids, vectors = _vectors(fit.project_id, list(new), fitted.model.embedder)
    known = [(np.frombuffer(bytes(one.centre), "<f4"), one.radius) for one in EmergingTopic.objects.filter(fit=fit)]
    users = [new[one].user_id or one for one in ids]
    found = emerging.find(fitted.model, vectors, users, look, known)
    earlier = _earlier(fit)
    fresh: list[Found] = []
    for one in found:
        wanted = emerging.meaning(vectors[one.rows])
        same = emerging.announced_as(wanted, [meaning for _, meaning in earlier])
        if same is None:
            fresh.append(one)
        else:
            _see_again(earlier[same][0], fit, one, [new[ids[row]] for row in one.rows])
    if fresh:
        _tell(fit, fitted, fresh, vectors, [new[one] for one in ids])
    return len(fresh)


def _earlier(fit: TopicFit) -> list[tuple[EmergingTopic, Any]]:
    """What was announced before, also by other fits, with what it means to the present embedding model."""
    since = timezone.now() - REMEMBERED
    rows = EmergingTopic.objects.filter(project_id=fit.project_id, fit__embedding_model=fit.embedding_model)
    rows = rows.filter(Q(found_at__gte=since) | Q(seen_at__gte=since)).exclude(meaning=b"")
    return [(one, np.frombuffer(bytes(one.meaning), "<f4")) for one in rows]


def _see_again(one: EmergingTopic, fit: TopicFit, found: Found, there: Sequence[_New]) -> None:
    """A want that was announced is found under another wording or by another fit: no news, but more evidence."""
    ids = dict.fromkeys([*one.conversation_ids, *(row.conversation_id for row in there)])
    one.conversation_ids = list(ids)[:_KEPT]
    one.fit, one.radius = fit, found.radius
    one.centre = np.ascontiguousarray(found.centre, "<f4").tobytes()
    one.seen_again, one.seen_at = min(one.seen_again + 1, 32_767), timezone.now()
    # A fit made no topic of it, and yet it is there: the next one is asked again.
    one.became = one.became or None
    one.save(update_fields=["conversation_ids", "fit", "radius", "centre", "seen_again", "seen_at", "became"])


def _tell(fit: TopicFit, fitted: Fitted, found: Sequence[Found], vectors: Any, new: Sequence[_New]) -> None:
    topic = np.full(len(new), -1, dtype=np.int32)
    for at, one in enumerate(found):
        topic[one.rows] = at
    users = [one.user_id or one.conversation_id for one in new]
    texts = [one.first_text for one in new]
    alone = np.arange(len(found), dtype=np.int32)
    names = name_topics(texts, topic, vectors, embedding.embedder(), parents=alone, users=users).topics
    for one, name in zip(found, names, strict=True):
        there = [new[row] for row in one.rows]
        nearest = int((fitted.model.centroids @ one.centre).argmax()) if len(fitted.model) else -1
        EmergingTopic.objects.create(
            project_id=fit.project_id,
            fit=fit,
            centre=np.ascontiguousarray(one.centre, "<f4").tobytes(),
            radius=one.radius,
            meaning=np.ascontiguousarray(emerging.meaning(vectors[one.rows]), "<f4").tobytes(),
            name=name.title[:200],
            keywords=list(name.keywords),
            examples=_examples(there),
            conversation_ids=[row.conversation_id for row in there[:_KEPT]],
            near=fitted.numbers[nearest] if nearest >= 0 else 0,
            conversations=len(there),
            users=len({row.user_id or row.conversation_id for row in there}),
            wordings=one.wordings,
            expected=one.expected,
            p_value=one.p_value,
            level=one.level,
            first_at=min(row.start_time for row in there),
        )


def _vectors(project_id: int, ids: Sequence[str], embedder: str) -> tuple[list[str], Any]:
    parts = [decided.matrix(project_id, ids[at : at + _AT_ONCE], embedder) for at in range(0, len(ids), _AT_ONCE)]
    parts = [part for part in parts if part[0]]
    if not parts:
        return [], np.zeros((0, 1), np.float32)
    return [one for names, _ in parts for one in names], np.concatenate([rows for _, rows in parts])


def _examples(there: Sequence[_New]) -> list[dict[str, str]]:
    shown: dict[str, str] = {}
    for row in there:
        shown.setdefault(row.first_text[:300], row.conversation_id)
    return [{"conversation_id": name, "text": text} for text, name in list(shown.items())[:_EXAMPLES]]
