"""Which topics of a new fit are which of the published one, by the conversations they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from analytics.questions.marks import published_fit
from analytics.questions.sql import fill
from analytics.topics.model import TopicModel
from backend.store.connection import store
from backend.store.query import Query
from backend.topics.models import Topic

SAME: Final = 0.3
"""Jaccard index of shared conversations from which a topic is the old one (notes: 0.3 with an optimal matching)."""
STEADY: Final = 0.8
"""From which it is so much the old one that its name stays."""
MUCH: Final = 0.5
"""Share of a topic's conversations that makes it part of another's history."""


@dataclass(frozen=True, slots=True)
class Predecessors:
    """Old topics of the new ones.

    Attributes:
        numbers: number of the old topic that each new one is; 0 for none.
        steady: whether the name of each should stay.
        old: numbers of the old topics, one a row of ``shared``.
        shared: conversations in both, shape (old, new).
        group_of: number of the old group of each old topic.
    """

    numbers: tuple[int, ...]
    steady: tuple[bool, ...]
    old: tuple[int, ...]
    shared: Any
    group_of: dict[int, int]

    def groups(self, parents: Any) -> list[int]:
        """Number of the old group that each new one is; 0 for none. Groups are matched by the topics they share."""
        counts: dict[tuple[int, int], float] = {}
        for index, number in enumerate(self.numbers):
            old = self.group_of.get(number, 0)
            if old:
                key = (int(parents[index]), old)
                counts[key] = counts.get(key, 0) + 1 + float(self.shared[:, index].sum()) * 1e-9
        found = [0] * (int(np.max(parents, initial=-1)) + 1)
        for (new, old), _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            if not found[new] and old not in found:
                found[new] = old
        return found

    def came_from(self, index: int) -> tuple[int, ...]:
        """Old topics that much of a new one was in, itself left out."""
        total = self.shared[:, index].sum()
        return tuple(
            number
            for row, number in enumerate(self.old)
            if number != self.numbers[index] and total and self.shared[row, index] >= MUCH * total
        )

    def became(self, numbers: Sequence[int]) -> dict[int, tuple[int, ...]]:
        """For each old topic that is no new one, the new ones that much of it is in."""
        found = {}
        for row, number in enumerate(self.old):
            if number in self.numbers:
                continue
            total = self.shared[row].sum()
            inside = [numbers[i] for i in range(len(numbers)) if total and self.shared[row, i] >= MUCH * total]
            found[number] = tuple(inside)
        return found


@dataclass(frozen=True, slots=True)
class _Assigned:
    conversation_id: str
    topic_id: int


_BEFORE: Final = Query(
    "topics_before",
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
    fit = published_fit(project_id)
    before = store().fetch(_BEFORE, project_id=project_id, fit_id=fit.pk) if fit else []
    earlier = {row.conversation_id: row.topic_id for row in before}
    old = tuple(sorted(set(earlier.values())))
    shared = np.zeros((len(old), len(model)))
    new_size = np.zeros(len(model))
    place = {number: row for row, number in enumerate(old)}
    for name, index in zip(conversation_ids, topic, strict=True):
        if name in earlier and index >= 0:
            shared[place[earlier[name]], index] += 1
            new_size[index] += 1
    seen = Counter(earlier[one] for one in conversation_ids if one in earlier)
    numbers, steady = _matched(shared, np.array([seen[number] for number in old]), new_size, old)
    grouped = Topic.objects.filter(project_id=project_id, level=1, parent__isnull=False)
    return Predecessors(numbers, steady, old, shared, dict(grouped.values_list("number", "parent__number")))


def _matched(shared: Any, old_size: Any, new_size: Any, old: Sequence[int]) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    from scipy.optimize import linear_sum_assignment

    numbers, steady = [0] * len(new_size), [False] * len(new_size)
    if len(old) and len(new_size):
        jaccard = shared / np.maximum(old_size[:, None] + new_size[None, :] - shared, 1)
        for row, index in zip(*linear_sum_assignment(-jaccard), strict=True):
            if jaccard[row, index] >= SAME:
                numbers[index], steady[index] = old[row], bool(jaccard[row, index] >= STEADY)
    return tuple(numbers), tuple(steady)
