"""What people have begun to want: announced between two fits, with the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from analytics.questions.marks import published_fit, topic_names
from backend.topics.models import EmergingTopic

RECENT: Final = timedelta(days=7)
"""How long a want is still shown once a fit has made a topic of it, or none."""


@dataclass(frozen=True, slots=True)
class EmergingExample:
    """A conversation of a new want."""

    conversation_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Emerging:
    """A new want.

    Attributes:
        name: from its own words.
        conversations: that were there when it was announced.
        wordings: different ones among these, which is what is counted.
        expected: wordings that would have been there, had nothing changed.
        p_value: how often chance gives as many.
        level: what that had to stay below, by possible places and looks.
        first_at: when the first of its conversations began.
        found_at: when it was announced.
        near: number of the topic it is nearest to; 0 for none.
        seen_again: looks that found it again since, under another wording or by another fit.
        seen_at: when the last of these was; None where there was none.
        became: number of the topic that most of it is in since a later fit; 0 for none, None before one.
    """

    id: int
    name: str
    keywords: tuple[str, ...]
    examples: tuple[EmergingExample, ...]
    conversations: int
    users: int
    wordings: int
    expected: float
    p_value: float
    level: float
    first_at: datetime
    found_at: datetime
    near: int
    near_name: str
    seen_again: int
    seen_at: datetime | None
    became: int | None
    became_name: str

    @property
    def note(self) -> str:
        """Its size in short."""
        return f"{self.wordings:,} wordings where {self.expected:.1f} were usual, {self.users:,} users"

    @property
    def chance(self) -> str:
        """The p-value as people read it."""
        return f"{self.p_value:.0e}" if self.p_value >= 1e-99 else "less than 1e-99"

    @property
    def limit(self) -> str:
        """What it had to stay below."""
        return f"{self.level:.0e}"


def emerging_topics(project_id: int) -> list[Emerging]:
    """Wants announced since the published fit, and those of the last week that became a topic, the newest first."""
    fit = published_fit(project_id)
    if fit is None:
        return []
    recent = Q(fit=fit) | Q(found_at__gte=timezone.now() - RECENT)
    names = topic_names(project_id)
    found = EmergingTopic.objects.filter(recent, project_id=project_id).defer("centre", "meaning", "conversation_ids")
    return [_emerging(one, names) for one in found[:20]]


def _emerging(one: EmergingTopic, names: dict[int, str]) -> Emerging:
    return Emerging(
        id=one.pk,
        name=one.name,
        keywords=tuple(str(word) for word in one.keywords),
        examples=tuple(EmergingExample(item["conversation_id"], item["text"]) for item in one.examples),
        conversations=one.conversations,
        users=one.users,
        wordings=one.wordings,
        expected=one.expected,
        p_value=one.p_value,
        level=one.level,
        first_at=one.first_at,
        found_at=one.found_at,
        near=one.near,
        near_name=names.get(one.near, ""),
        seen_again=one.seen_again,
        seen_at=one.seen_at,
        became=one.became,
        became_name=names.get(one.became or 0, ""),
    )
