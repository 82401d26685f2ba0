"""What ``topic:`` may name in a project's searches."""

from __future__ import annotations

from analytics.questions.filters import Topics
from analytics.questions.marks import published_fit, topic_names


def searchable_topics(project_id: int) -> Topics:
    """The published fit and the numbers of topics by lower-case name; two topics may share a name."""
    fit = published_fit(project_id)
    numbers: dict[str, tuple[int, ...]] = {}
    for number, name in topic_names(project_id).items():
        numbers[name.lower()] = (*numbers.get(name.lower(), ()), number)
    return Topics(fit.pk if fit else 0, numbers)
