"""One topic: what people say, how it goes by model and prompt, who asks, what became of it; people may name it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from analytics.questions.grammar import Token, literal
from analytics.questions.topic_page import Example, TopicDetail, topic_detail
from analytics.questions.topics import OTHER, TopicRow, TopicTable, topic_table
from analytics.statistics.intervals import Estimate
from backend.errors import NotFound
from backend.projects.access import Access
from backend.topics.models import Topic
from backend.topics.naming import rename
from frontend.charts.topic_trend import topic_trend
from frontend.guard import person, project_page
from frontend.pages.overview import scope_of
from frontend.pages.review_item_view import label_of
from frontend.pages.topic_deeds import decisions_of, targets_of
from frontend.pages.topics_lines import lines_of
from frontend.pages.traces import topic_color
from frontend.templatetags.evidence import visible
from frontend.templatetags.figures import compact, duration, percent, usd

MOST_USERS: Final = 8


@dataclass(frozen=True, slots=True)
class Linked:
    """A row of a table on this page, and the traces behind it."""

    row: Any
    label: str
    href: str


@require_GET
@project_page
def topic(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Show a topic, a group of topics, or Other (0)."""
    slug = access.project.slug
    scope = scope_of(request, access)
    found = topic_detail(scope, number)
    table = topic_table(scope, shown=number)
    figures = _figures(table, number)
    name = found.topic.name if found.topic else "Other"
    context = {
        "page_title": visible(name),
        "name": name,
        "number": number,
        "found": found,
        "topic": found.topic,
        "row": figures,
        "color": topic_color(number),
        "is_group": found.topic is not None and found.topic.level == 0,
        "below": lines_of((row for row in table.topics if row.group == number != OTHER), "-conversations", slug),
        "kpis": _kpis(figures) if figures else [],
        "traces_href": _traces(access, number) if _is_searchable(found) else "",
        "chart": topic_trend(found),
        "lists": _conversations(access, found),
        "flags": _linked(access, found, "flag", [(split.detector, split) for split in found.flags]),
        "models": _linked(access, found, "model", [(split.value, split) for split in found.models]),
        "prompts": _linked(access, found, "prompt", [(split.value, split) for split in found.prompts if split.value]),
        "users": [
            (user, reverse("person", args=[access.project.slug, user.user_id])) for user in found.users[:MOST_USERS]
        ],
        "lineage": _lineage(access, found.topic),
        "decisions": decisions_of(access, number) if number else [],
        "targets": targets_of(access, number),
        "can_steer": _can_steer(found.topic),
        "can_move": _can_steer(found.topic) or number == OTHER,
    }
    return render(request, "topic/topic.html", context)


@require_POST
@project_page
def rename_topic(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Give a topic a name of people's; what its messages call it stays beside it."""
    found = Topic.objects.filter(project=access.project, number=number).first()
    if found is None:
        raise NotFound(f"there is no topic {number} that can be named")
    if rename(found, request.POST.get("name", ""), person(request)):
        messages.success(request, f"It is called {found.name} from now on, through every re-fit.")
    return redirect("topic", access.project.slug, number)


def _can_steer(topic: Topic | None) -> bool:
    """Groups are made of topics and follow them; what is gone can be changed no more."""
    return topic is not None and topic.level == 1 and topic.state == Topic.State.ACTIVE


def _figures(table: TopicTable, number: int) -> TopicRow | None:
    rows = [*table.topics, *table.groups, *([table.other] if table.other else [])]
    return next((row for row in rows if row.number == number), None)


def _kpis(row: TopicRow) -> list[dict[str, Any]]:
    share = f"{percent(row.share.low)} to {percent(row.share.high)} of all" if row.share.n else ""
    unsure = f"{row.low_confidence:,} by a guess" if row.low_confidence else ""
    unpriced = f"{row.unpriced_spans:,} calls without a price" if row.unpriced_spans else ""
    return [
        {"label": "Conversations", "value": compact(row.conversations), "n": None, "note": unsure},
        {"label": "Share", "value": percent(row.share.value), "interval": share, "n": row.share.n},
        {"label": "Users", "value": compact(row.users), "n": None, "note": f"{row.turns:,} turns"},
        _rate("Flag rate", row.flag_rate, "Turns in which at least one detector found something."),
        _rate("Error rate", row.error_rate, "Turns that ended without an answer because of an error."),
        {"label": "Latency p95", "value": duration(row.p95_ms), "n": row.turns},
        {
            "label": "Cost",
            "value": usd(row.cost_usd),
            "n": None,
            "note": unpriced
            or (f"{usd(row.cost_usd / row.conversations)} a conversation" if row.conversations else ""),
            "tone": "warn" if unpriced else "",
        },
    ]


def _rate(label: str, rate: Estimate, text: str) -> dict[str, Any]:
    return {
        "label": label,
        "value": percent(rate.value),
        "interval": f"{percent(rate.low)} to {percent(rate.high)}",
        "n": rate.n,
        "help": text,
    }


def _is_searchable(found: TopicDetail) -> bool:
    return found.topic is None or found.topic.level == 1


def _traces(access: Access, number: int, *more: Token) -> str:
    tokens = [Token("topic", str(number) if number else "other"), *more]
    return f"{reverse('traces', args=[access.project.slug])}?{urlencode({'q': ' '.join(one.text for one in tokens)})}"


def _linked(access: Access, found: TopicDetail, field: str, rows: Iterable[tuple[str, Any]]) -> list[Linked]:
    """Rows with the search that finds their traces; a group of topics cannot be searched for in one."""
    number = found.topic.number if found.topic else OTHER
    return [
        Linked(
            row=row,
            label=(label_of(value) if field == "flag" else value) or "not told",
            href=_traces(access, number, Token(field, literal(value))) if value and _is_searchable(found) else "",
        )
        for value, row in rows
    ]


def _conversations(access: Access, found: TopicDetail) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "note": note,
            "rows": [(one, reverse("conversation", args=[access.project.slug, one.conversation_id])) for one in rows],
        }
        for title, note, rows in _lists(found)
    ]


def _lists(found: TopicDetail) -> list[tuple[str, str, tuple[Example, ...]]]:
    if found.topic is None:
        return [("Conversations in no topic", "nearest to any topic first", found.typical)]
    shown = {one.conversation_id for one in found.typical}
    edge = tuple(one for one in found.edge if one.conversation_id not in shown)
    return [
        ("Typical conversations", "nearest to the centre of the topic", found.typical),
        ("At the edge", "fit it least: look here for what does not belong", edge),
    ]


_ICONS: Final = {
    "renamed": "pencil",
    "merged into": "merge",
    "took in": "merge",
    "split from": "split",
    "split into": "split",
    "retired": "ban",
    "pinned": "pin",
    "left out": "eye-off",
    "shown again": "eye",
}


def _lineage(access: Access, topic: Topic | None) -> list[dict[str, Any]]:
    """What became of the topic, newest first."""
    if topic is None:
        return []
    events = [event for event in topic.lineage if isinstance(event, dict)]
    numbers = {number for event in events for number in event.get("topics", ()) if isinstance(number, int)}
    names = {one.number: one.name for one in Topic.objects.filter(project=access.project, number__in=numbers)}
    return [_event(event, names) for event in reversed(events)]


def _event(event: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    word = str(event.get("event", ""))
    others = ", ".join(names.get(number, f"topic {number}") for number in event.get("topics", ()))
    if isinstance(event.get("count"), int):
        others = f"{event['count']:,} of {others or 'Other'}"
    detail = f"“{event.get('was', '')}” became “{event.get('name', '')}”" if word == "renamed" else others
    return {
        "text": word.capitalize(),
        "detail": detail,
        "who": event.get("by", ""),
        "at": _moment(str(event.get("at", ""))),
        "icon": _ICONS.get(word, "circle-dot"),
        "tone": "info" if word == "renamed" else "neutral",
    }


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
