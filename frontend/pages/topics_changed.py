"""What changed in topics as their page says it: sentences with links to their evidence, and badges of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from analytics.questions.growth import Badge
from analytics.questions.topic_changes import TopicChange, TopicChanges, worded

SHOWN: Final = 6
"""Sentences that stand open; the rest unfolds."""

# Icon and tone by kind.
SIGNS: Final = {
    "new": ("sparkles", "new"),
    "growing": ("trending-up", "warn"),
    "shrinking": ("trending-down", "neutral"),
    "worse": ("circle-alert", "error"),
    "better": ("circle-check", "ok"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A badge of a row: a word in a tone, and why."""

    word: str
    icon: str
    tone: str
    tip: str


def told(changes: TopicChanges, slug: str) -> dict[str, Any]:
    """What the card says."""
    lines = [_line(one, slug) for one in changes.changes]
    return {
        "against": changes.sides.words if changes.sides else "",
        "first": lines[:SHOWN],
        "rest": lines[SHOWN:],
        "rest_note": f"{len(lines) - SHOWN} more",
        "looks": changes.looks,
        "not_alike": ", ".join(worded(one) for one in changes.not_alike),
    }


def marks_of(changes: Iterable[TopicChange]) -> dict[int, list[Mark]]:
    """Badges WORSE and BETTER by topic, each with all that is behind it."""
    found: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for one in changes:
        if one.kind in ("worse", "better"):
            found[one.number, one.kind].append(one.text.partition("” has ")[2])
    marks: defaultdict[int, list[Mark]] = defaultdict(list)
    for (number, kind), texts in found.items():
        marks[number].append(Mark(kind.upper(), *SIGNS[kind], tip=" ".join(texts)))
    return marks


def share_mark(badge: Badge) -> Mark:
    """Badge NEW, GROWING or SHRINKING."""
    return Mark(badge.kind.upper(), *SIGNS[badge.kind], tip=badge.rule)


def _line(one: TopicChange, slug: str) -> dict[str, Any]:
    icon, tone = SIGNS[one.kind]
    links = [("Topic", reverse("topic", args=[slug, one.number]))]
    if one.search:
        links.append(("Traces", f"{reverse('traces', args=[slug])}?{urlencode({'q': one.search})}"))
    links += [
        (f"Conversation {place}", reverse("conversation", args=[slug, conversation]))
        for place, conversation in enumerate(one.examples, start=1)
    ]
    return {"text": one.text, "icon": icon, "tone": tone, "links": links}
