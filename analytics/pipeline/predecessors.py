"""Which topics of a new fit are which of the published one, in the numbers that people know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from analytics.questions.marks import published_fit
from analytics.questions.sql import fill
from analytics.topics.assign import assign
from analytics.topics.keep import Before, keep, matched
from analytics.topics.model import TopicModel, from_bytes
from backend.store.connection import store
from backend.store.query import Query
from backend.topics import deeds
from backend.topics.models import Topic, TopicDeed, TopicFit

STEADY: Final = 0.8
"""Jaccard index of shared conversations from which a topic is so much the old one that its name stays."""


@dataclass(frozen=True, slots=True)
class Predecessors:
    """Old topics of the new ones, by their numbers.

    Attributes:
        numbers: of the old topic that each new one is; 0 for none.
        steady: whether the name of each should stay.
        came_from: for each new topic, old ones that gave it half of its conversations and live on.
        merged_into: for each old topic that is gone, indices of the new ones that hold half of it.
        group_of: number of the old group of each old topic.
    """

    numbers: tuple[int, ...]
    steady: tuple[bool, ...]
    came_from: tuple[tuple[int, ...], ...]
    merged_into: dict[int, tuple[int, ...]]
    group_of: dict[int, int]

    def groups(self, parents: Any) -> list[int]:
        """Number of the old group that each new one is; 0 for none. Groups are matched by the topics they share."""
        both = Counter(
            (int(parents[index]), self.group_of[number])
            for index, number in enumerate(self.numbers)
            if number in self.group_of
        )
        found = [0] * (int(np.max(parents, initial=-1)) + 1)
        for (new, old), _ in sorted(both.items(), key=lambda item: (-item[1], item[0])):
            if not found[new] and old not in found:
                found[new] = old
        return found


@dataclass(frozen=True, slots=True)
class _Assigned:
    conversation_id: str
    topic_id: int


_BEFORE: Final = Query(
    "topics_of_published_fit",
    fill("""
SELECT conversation_id, topic_id FROM topic_assignment FINAL
WHERE @project AND fit_id = {fit_id:UInt32} AND topic_id != 0
"""),
    _Assigned,
    "worker",
)


def follow(
    project_id: int, conversation_ids: Sequence[str], vectors: Any, model: TopicModel
) -> tuple[TopicModel, Predecessors]:
    """Let a new fit follow the published one: topics stay unless the new ones are clearly better.

    After a first impression topics are only matched, so that they may still move; those that people decided about stay
    then too.

    Args:
        project_id: of the project.
        conversation_ids: that the new topics were found in.
        vectors: of these, shape (n, d).
        model: the new fit.

    Returns:
        The model to publish, and the old topics of its topics.
    """
    published = published_fit(project_id)
    if published is None:
        none = len(model)
        return model, Predecessors((0,) * none, (False,) * none, ((),) * none, {}, {})
    topics = Topic.objects.filter(fit=published, level=1).select_related("parent")
    number_of = {one.fit_index: one.number for one in topics if one.fit_index >= 0}
    before = _before(published, conversation_ids, vectors, model, number_of)
    decided = deeds.held(project_id)
    held = [index for index, number in number_of.items() if number in decided]
    settled = not published.measures.get("first_impression")
    if settled or held:
        kept = keep(before, model, vectors, held)
        model, found = kept.model, kept.lineage
    else:
        found = matched(before, assign(model, vectors).topic, model)
    return model, Predecessors(
        numbers=tuple(0 if one.old is None else number_of.get(one.old, 0) for one in found.topics),
        steady=tuple(settled and one.overlap >= STEADY for one in found.topics),
        came_from=tuple(tuple(number_of[one] for one in item.split_from if one in number_of) for item in found.topics),
        merged_into={number_of[one]: into for one, into in found.merged_into.items() if one in number_of},
        group_of={one.number: one.parent.number for one in topics if one.parent},
    )


def _before(
    published: TopicFit, conversation_ids: Sequence[str], vectors: Any, model: TopicModel, number_of: Mapping[int, int]
) -> Before:
    """What the published model says of the conversations; of another embedder's, what is stored of them."""
    old = from_bytes(bytes(TopicFit.objects.values_list("model", flat=True).get(pk=published.pk)))
    if old.embedder == model.embedder:
        return Before.by(old, vectors)
    index_of = {number: index for index, number in number_of.items()}
    for deed in deeds.active(published.project_id, (TopicDeed.Kind.SPLIT,)):  # parts are told apart after the model
        index_of |= {part: index_of[deed.number] for part in deed.details["parts"] if deed.number in index_of}
    stored = store().fetch(_BEFORE, project_id=published.project_id, fit_id=published.pk)
    known = {row.conversation_id: index_of[row.topic_id] for row in stored if row.topic_id in index_of}
    topic = np.array([known.get(one, -1) for one in conversation_ids], dtype=np.int64)
    return Before(topic, topic >= 0, len(old), None)
