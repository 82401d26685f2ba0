"""Finds the topics of a project anew, assigns all its conversations to them, and only then lets pages see them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
from django.utils import timezone

from analytics.pipeline import conversations, decided, emerge, fit_due, publish
from analytics.pipeline import embed as embedding
from analytics.pipeline.assign import Fitted, assign_conversations
from analytics.pipeline.conversations import Conversation
from analytics.pipeline.order import FIT
from analytics.pipeline.predecessors import follow
from analytics.pipeline.step import AWAY
from analytics.pipeline.window import OVERLAP, clock
from analytics.questions.sql import fill
from analytics.topics.assign import assign
from analytics.topics.fit import fit
from analytics.topics.lexical import READ
from analytics.topics.model import TooFewConversations, TopicModel, to_bytes
from backend.jobs import runs
from backend.jobs.claims import Claim, claimed
from backend.jobs.models import Run
from backend.store.connection import store
from backend.store.query import Query
from backend.topics.models import TopicFit

log = logging.getLogger(__name__)

SAMPLE: Final = 20_000
"""Most conversations that topics are found in, the newest; all others are assigned to what was found."""
ON_MAP: Final = 3_000
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class _Id:
    conversation_id: str


_NEWEST: Final = Query(
    "newest_conversations",
    fill("""
SELECT conversation_id FROM turn FINAL WHERE @project
GROUP BY conversation_id ORDER BY max(start_time) DESC, conversation_id LIMIT {limit:UInt32}
"""),
    _Id,
    "worker",
)
_ALL: Final = Query(
    "all_conversations",
    fill("""
SELECT DISTINCT conversation_id FROM turn FINAL WHERE @project AND conversation_id > {after:String}
ORDER BY conversation_id LIMIT {limit:UInt32}
"""),
    _Id,
    "worker",
)


def fit_when_due(project_id: int) -> bool:
    """Find the topics anew if that is due and nobody else is at it; whether new ones were published."""
    with claimed(project_id, [FIT]) as claim:
        if claim is None:
            return False
        why = fit_due.reason(project_id)
        if not why:
            return False
        # A fit that was left open belongs to a worker that died: its claim could not be taken otherwise.
        TopicFit.objects.filter(project_id=project_id, state=TopicFit.State.FITTING).update(
            state=TopicFit.State.FAILED, reason="the worker ended before the fit did"
        )
        return _fit(project_id, why, claim)


def _fit(project_id: int, why: str, claim: Claim) -> bool:
    stage = claim.stages[0]
    run = runs.begin(stage, place=why)
    try:
        counts = fit_topics(project_id, why, claim)
    except AWAY as fault:
        runs.end(run, {}, f"{type(fault).__name__}: {fault}", failed=True)
        raise
    except TooFewConversations as fault:
        counts, error, failed = {}, str(fault), False
    except Exception as fault:  # the outer loop: topics that cannot be found must not stop the analysis
        log.exception("no topics could be found in project %s", project_id)
        counts, error, failed = {}, f"{type(fault).__name__}: {fault}", True
        TopicFit.objects.filter(project_id=project_id, state=TopicFit.State.FITTING).update(
            state=TopicFit.State.FAILED, reason=error[:300]
        )
    else:
        error, failed = "", False
    runs.end(run, counts, error, failed=failed)
    claim.advance(stage, position=timezone.now())
    return run.state == Run.State.DONE and not error


def fit_topics(project_id: int, why: str, claim: Claim | None = None) -> dict[str, Any]:
    """Find topics in the newest conversations, assign all, publish; what it did, in numbers.

    Raises:
        TooFewConversations: fewer than 30 have words.
    """
    started = time.monotonic()
    since = clock() - OVERLAP
    model_of_texts = embedding.embedder()
    name = embedding.model_name(model_of_texts)
    there = _sample(project_id, name)
    vectors = _matrix(there)
    model = fit(vectors, texts=["\n".join(one.texts)[:READ] for one in there], embedder=name)
    record = TopicFit.objects.create(project_id=project_id, embedding_model=name, reason=why)
    model, before = follow(project_id, [one.conversation_id for one in there], vectors, model)
    record.model = to_bytes(model)
    record.save(update_fields=["model"])
    found = assign(model, vectors)
    plan = publish.plan(project_id, model, there, vectors, found.topic, before, model_of_texts)
    fitted = Fitted(record.pk, model, plan.numbers, decided.decisions(project_id, model.embedder))
    places = _places(there, vectors, project_id)
    count = _assign_all(project_id, fitted, places, claim)
    record.conversations = len(there)
    record.measures = _measures(model, found.state, count, time.monotonic() - started)
    record.measures["until"] = max((one.start for one in there), default=0)
    publish.publish(record, plan, since - timedelta(seconds=1))
    emerge.settle(record)
    publish.clear_old(project_id)
    return {"conversations": count, "topics": len(model), "seconds": round(time.monotonic() - started, 1)}


def _sample(project_id: int, model: str) -> list[Conversation]:
    """The newest conversations that have words, in one order whenever asked; missing vectors are made."""
    ids = [row.conversation_id for row in store().fetch(_NEWEST, project_id=project_id, limit=SAMPLE)]
    found: list[Conversation] = []
    for part in _parts(sorted(ids)):
        read = conversations.read(project_id, part, model)
        missing = [text for one in read if one.vector is None for text in one.texts]
        if embedding.embed(project_id, missing):
            read = conversations.read(project_id, part, model)
        found.extend(one for one in read if one.vector is not None)
    return found


def _matrix(there: Sequence[Conversation]) -> Any:
    return np.stack([one.vector for one in there if one.vector is not None]) if there else np.zeros((0, 1), np.float32)


def _places(there: Sequence[Conversation], vectors: Any, project_id: int) -> dict[str, tuple[float, float]]:
    """Where conversations lie on the map; of many a sample that is the same at each fit."""
    from analytics.topics.map2d import map2d

    chosen = np.sort(np.random.default_rng(project_id).permutation(len(there))[:ON_MAP])
    points = map2d(vectors[chosen])
    return {there[row].conversation_id: (float(x), float(y)) for row, (x, y) in zip(chosen, points, strict=True)}


def _assign_all(project_id: int, fitted: Fitted, places: dict[str, tuple[float, float]], claim: Claim | None) -> int:
    count, after = 0, ""
    while ids := [
        row.conversation_id for row in store().fetch(_ALL, project_id=project_id, after=after, limit=_AT_ONCE)
    ]:
        count += assign_conversations(project_id, fitted, ids, places)
        after = ids[-1]
        if claim and claim.lost:
            raise RuntimeError("another worker has taken the fit over")
    return count


def _measures(model: TopicModel, states: Sequence[str], count: int, seconds: float) -> dict[str, Any]:
    share = {state: round(states.count(state) / max(1, len(states)), 4) for state in ("low_confidence", "other")}
    return {
        **share,
        "topics": len(model),
        "resolution": model.resolution,
        "stability": round(float(np.mean(model.stability)), 3) if len(model) else None,
        "first_impression": model.is_small,
        "project_conversations": count,
        "seconds": round(seconds, 1),
    }


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for place in range(0, len(ids), _AT_ONCE):
        yield ids[place : place + _AT_ONCE]
