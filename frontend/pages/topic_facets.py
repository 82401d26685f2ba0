"""Values of a facet as pages show them: rows with links to their topics, their traces and their conversations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from analytics.questions.grammar import Token
from analytics.questions.growth import points
from analytics.questions.sides import Sides
from analytics.questions.topic_facets import Change, Facet, FacetValue, InTopic, Told
from backend.errors import BadRequest
from frontend.pages.topics_changed import Mark
from frontend.pages.topics_lines import coarse
from frontend.pages.traces import topic_color
from frontend.templatetags.evidence import visible

PLACES: Final = 3
"""Topics that a row names; the page of the value has all."""

_SIGNS: Final = {
    "more": ("MORE", "trending-up"),
    "fewer": ("FEWER", "trending-down"),
    "not_compared": ("NOT COMPARED", "ban"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A topic in which a value is.

    Attributes:
        color: one of the twelve, or ``other``.
        href: of the value's conversations in this topic; empty where they are in no topic yet.
        page: of the topic.
        traces: of the value in this topic; empty where a search cannot say it.
        part: of the value's conversations, 0 to 1.
    """

    of: InTopic
    color: str
    href: str
    page: str
    traces: str
    part: float


@dataclass(frozen=True, slots=True)
class Row:
    """A value of a facet as its table shows it.

    Attributes:
        href: of its page.
        traces: empty where a search cannot say it.
        mark: MORE, FEWER or NOT COMPARED, and why.
        examples: labels and addresses of conversations.
    """

    value: FacetValue
    name: str
    text: str
    href: str
    traces: str
    mark: Mark | None
    places: tuple[Place, ...]
    examples: tuple[tuple[str, str], ...]

    @property
    def trend(self) -> list[int]:
        """Conversations over time in few steps."""
        return coarse(self.value.trend)

    @property
    def first_places(self) -> tuple[Place, ...]:
        """Topics that hold most of it."""
        return self.places[:PLACES]

    @property
    def more_places(self) -> int:
        """How many topics are not named in the row."""
        return max(0, len(self.places) - PLACES)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a row needs beside its value.

    Attributes:
        route: name of the page of one value.
        tones: of the marks ``more`` and ``fewer``.
        search: finds the traces behind the value; empty where a search cannot say it.
    """

    slug: str
    route: str
    name: str
    text: str
    search: str
    tones: tuple[str, str] = ("error", "ok")


def row_of(value: FacetValue, shown: Shown, sides: Sides | None) -> Row:
    """A value with its links."""
    href = reverse(shown.route, args=[shown.slug, value.key])
    return Row(
        value=value,
        name=visible(shown.name),
        text=shown.text,
        href=href,
        traces=traces_href(shown.slug, shown.search),
        mark=_mark(value.change, sides, shown.tones),
        places=tuple(_place(one, value, shown, href) for one in value.topics),
        examples=tuple(
            (str(place), reverse("conversation", args=[shown.slug, one]))
            for place, one in enumerate(value.examples, start=1)
        ),
    )


def traces_href(slug: str, search: str) -> str:
    """The trace list with a search; empty without one."""
    return f"{reverse('traces', args=[slug])}?{urlencode({'q': search})}" if search else ""


def told_lines(told: tuple[Told, ...], slug: str) -> list[dict[str, Any]]:
    """Conversations of a value with their links."""
    return [
        {
            "of": one,
            "href": reverse("conversation", args=[slug, one.conversation_id]),
            "trace": reverse("trace", args=[slug, one.trace_id]) if one.trace_id else "",
            "color": topic_color(one.number or 0),
        }
        for one in told
    ]


def value_page(row: Row, facet: Facet, told: tuple[Told, ...], number: int | None, slug: str) -> dict[str, Any]:
    """What ``topics/facet_value.html`` shows of a value, whichever facet it is of.

    Args:
        row: the value.
        facet: it is of.
        told: its conversations.
        number: of the topic that was asked for; None for all.
        slug: of the project.
    """
    return {
        "page_title": row.name,
        "row": row,
        "of": facet.conversations,
        "told": told_lines(told, slug),
        "chosen": next((one for one in row.places if number is not None and one.of.number == number), None),
        "number": number,
        "against": against(facet),
    }


def against(facet: Facet) -> dict[str, Any]:
    """What was compared, for the note below a table."""
    return {"words": facet.sides.words if facet.sides else "", "looks": facet.looks}


def topic_asked(request: HttpRequest) -> int | None:
    """The topic that an address names.

    Raises:
        BadRequest: it is no number of a topic.
    """
    text = request.GET.get("topic", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise BadRequest(f"topic is {text[:40]!r}; it must be the number of a topic, 0 for Other")
    return int(text)


def _place(one: InTopic, value: FacetValue, shown: Shown, href: str) -> Place:
    if one.number is None:
        return Place(one, "other", "", "", "", one.conversations / value.conversations)
    topic = Token("topic", str(one.number) if one.number else "other").text
    return Place(
        of=one,
        color=topic_color(one.number),
        href=f"{href}?{urlencode({'topic': one.number})}",
        page=reverse("topic", args=[shown.slug, one.number]),
        traces=traces_href(shown.slug, f"{topic} {shown.search}" if shown.search else ""),
        part=one.conversations / value.conversations,
    )


def _mark(change: Change | None, sides: Sides | None, tones: tuple[str, str]) -> Mark | None:
    if change is None or sides is None or not change.move:
        return None
    word, icon = _SIGNS[change.move]
    if change.comparison is None:
        return Mark(word, icon, "neutral", "It was not looked for alike in both periods.")
    lately = f" {sides.lately}" if sides.lately else ""
    tip = f"{change.now.told}{lately}, {change.before.told} in {sides.words} ({points(change.comparison)})"
    return Mark(word, icon, tones[change.move == "fewer"], tip)
