"""Which topics of a new fit are which of the published one, in the numbers that people know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from analytics.questions.marks import published_fit
from analytics.questions.sql import fill
from analytics.topics import lineage
from analytics.topics.model import TopicModel, from_bytes
from backend.store.connection import store
from backend.store.query import Query
from backend.topics.models import Topic, TopicFit

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


def predecessors(project_id: int, conversation_ids: Sequence[str], topic: Any, model: TopicModel) -> Predecessors:
    """Compare a new fit with the published one.

    Args:
        project_id: of the project.
        conversation_ids: that the new topics were found in.
        topic: index of each one's new topic, -1 for none.
        model: the new fit.
    """
    published = published_fit(project_id)
    if published is None:
        none = len(model)
        return Predecessors((0,) * none, (False,) * none, ((),) * none, {}, {})
    old = from_bytes(bytes(TopicFit.objects.values_list("model", flat=True).get(pk=published.pk)))
    topics = Topic.objects.filter(fit=published, level=1).select_related("parent")
    index_of = {one.number: one.fit_index for one in topics}
    number_of = {index: number for number, index in index_of.items()}
    before = {
        row.conversation_id: index_of[row.topic_id]
        for row in store().fetch(_BEFORE, project_id=project_id, fit_id=published.pk)
        if row.topic_id in index_of
    }
    shared = [row for row, name in enumerate(conversation_ids) if name in before]
    found = lineage.trace(
        np.array([before[conversation_ids[row]] for row in shared], dtype=np.int64),
        np.asarray(topic)[shared],
        old_centroids=_centres(old),
        new_centroids=_centres(model),
    )
    settled = not published.measures.get("first_impression")
    return Predecessors(
        numbers=tuple(0 if one.old is None else number_of.get(one.old, 0) for one in found.topics),
        steady=tuple(settled and one.overlap >= STEADY for one in found.topics),
        came_from=tuple(tuple(number_of[one] for one in item.split_from if one in number_of) for item in found.topics),
        merged_into={number_of[one]: into for one, into in found.merged_into.items() if one in number_of},
        group_of={one.number: one.parent.number for one in topics if one.parent},
    )


def _centres(model: TopicModel) -> Any:
    """Centres in the space of the embedder, as two fits have topic spaces of their own."""
    return model.space.mean + model.centroids @ model.space.components
