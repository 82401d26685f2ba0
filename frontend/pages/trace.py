"""The trace page: as its reader saw it, as it ran, and raw; the same beside the list."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, cast
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from analytics.questions.attachments import attached
from analytics.questions.findings import flags_of_turns, scores_of
from analytics.questions.grammar import Token, literal
from analytics.questions.redactions import redactions_of
from analytics.questions.sampled import fates_of, left_out_of
from analytics.questions.scope import Range, Scope
from analytics.questions.spans import MOST_SPANS, SpanDetail, span_detail, trace_spans
from analytics.questions.traces import TraceRow, trace_rows
from analytics.questions.turns import TurnRow, turns_of_traces
from analytics.questions.whole import stream_spans, whole_spans
from backend.errors import NotFound
from backend.projects.access import Access
from backend.review.models import ReviewItem
from backend.telemetry import operation
from frontend.guard import person, project_page
from frontend.pages.span_view import RAW_LONGEST, as_json, plain, span_context
from frontend.pages.trace_causes import causes_of, without_causes
from frontend.pages.trace_reading import STEPS, Files, readings
from frontend.pages.trace_tree import DEEP, PAGE, page_start, rows, where_it_broke
from frontend.pages.traces import Line, lines
from frontend.pages.whole_text import Place
from frontend.templatetags.ui import GLOBAL

VIEWS: Final = {"conversation": "Conversation", "spans": "Spans", "raw": "Raw"}
RAW_PAGE: Final = 20
_NO_SPAN: Final = "no span has this id, for it is a sentence"
_ALWAYS: Final = Range(datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@require_GET
@project_page
def trace(request: HttpRequest, access: Access, trace_id: str) -> HttpResponse:
    """Show one trace; htmx asks for the body alone, or for one span of it."""
    chosen = request.GET.get("span", "")
    if request.htmx.target == "span-detail":  # type: ignore[attr-defined]  # django_htmx's middleware
        return span(request, access, trace_id, chosen)
    view = request.GET.get("view") or ("spans" if chosen else "conversation")
    line = line_of(access, trace_id)
    if view == "raw" and request.GET.get("download"):
        return _download(access, trace_id)
    shown = {"spans": _spans, "raw": _raw}.get(view, _conversation)
    context = {
        "page_title": line.trace.name or "Trace",
        "line": line,
        "trace": line.trace,
        "view": view if view in VIEWS else "conversation",
        "beside": bool(request.GET.get("beside")),
        "page_href": reverse("trace", args=[access.project.slug, trace_id]),
        "first": bool(request.GET.get("first")),
        "views": [
            {"key": number, "view": name, "label": label, "current": name == view}
            for number, (name, label) in enumerate(VIEWS.items(), start=1)
        ],
        "conversation_href": reverse("conversation", args=[access.project.slug, line.trace.conversation_id]),
        "redactions": redactions_of(access.project.pk, trace_id),
        "fate": fates_of(access.project.pk, [trace_id]).get(trace_id),
        **shown(request, access, line.trace),
    }
    part = request.htmx.target in {"trace", "beside"}  # type: ignore[attr-defined]  # django_htmx's middleware
    return render(request, "trace/body.html" if part else "trace/trace.html", context)


def span(request: HttpRequest, access: Access, trace_id: str, span_id: str) -> HttpResponse:
    """The detail pane of one span."""
    if left_out_of(access.project.pk, [trace_id]):
        return render(request, "trace/left_out.html")
    return render(request, "trace/span.html", _detail(access, trace_id, span_id))


def line_of(access: Access, trace_id: str) -> Line:
    """The trace as the list knows it.

    Raises:
        NotFound: the project has no such trace.
    """
    found = trace_rows(Scope(access.project.pk, _ALWAYS), [trace_id])
    if not found:
        raise NotFound(f"there is no trace {trace_id[:80]!r} in this project")
    return lines(access, found)[0]


def review_of(access: Access, turn_ids: list[str]) -> list[dict[str, Any]]:
    """The review items of these turns, each with its verdicts and its address."""
    items = ReviewItem.objects.filter(queue__project=access.project, turn_id__in=turn_ids)
    found = items.select_related("queue").prefetch_related("verdicts__reviewer").order_by("id")
    slug = access.project.slug
    return [
        {"item": item, "href": reverse("review_item", args=[slug, item.queue.slug, item.pk])} for item in found[:50]
    ]


def _conversation(request: HttpRequest, access: Access, found: TraceRow) -> dict[str, Any]:
    project_id = access.project.pk
    turns = turns_of_traces(project_id, [found.trace_id])
    flags = flags_of_turns(project_id, [turn.turn_id for turn in turns])
    steps = whole_spans(project_id, found.trace_id, operations=STEPS, limit=200)
    files = Files(access.project.slug, attached(project_id, [found.trace_id]))
    scores = scores_of(project_id, [found.trace_id])
    return {
        "analysed": bool(turns),
        "readings": readings(turns or [_unread(project_id, found)], flags, steps, files),
        "scores": without_causes(scores),
        "causes": causes_of(access, person(request), turns, scores),
        "items": review_of(access, [turn.turn_id for turn in turns]),
        "release": turns[0].release if turns else "",
        "prompt": turns[0].prompt_name and f"{turns[0].prompt_name}@{turns[0].prompt_version}" if turns else "",
    }


def _unread(project_id: int, found: TraceRow) -> TurnRow:
    """A turn made up from the spans, for a trace that the worker has not come to yet."""
    calls = whole_spans(project_id, found.trace_id, operations=sorted(operation.GENERATION), limit=200)
    first, last = (calls[0], calls[-1]) if calls else (None, None)
    return TurnRow(
        turn_id="",
        trace_id=found.trace_id,
        conversation_id=found.conversation_id,
        user_id=found.user_id,
        environment=found.environment,
        release="",
        start_time=found.start_time,
        duration_ms=found.duration_ms,
        input_text=first.input_text if first else found.input_preview,
        output_text=last.output_text if last else found.output_preview,
        input_span_id=first.span_id if first else "",
        output_span_id=last.span_id if last else "",
        documents="",
        tool_calls="",
        status=found.status,
        error_type="",
        error_message=found.error_message,
        error_span_id="",
        finish_reason="",
        model=found.models[0] if found.models else "",
        prompt_name="",
        prompt_version="",
        input_tokens=found.input_tokens,
        output_tokens=found.output_tokens,
        cost_usd=found.cost_usd,
        unpriced_spans=found.unpriced_spans,
        time_to_first_token_ms=found.time_to_first_token_ms,
    )


def _spans(request: HttpRequest, access: Access, found: TraceRow) -> dict[str, Any]:
    project_id = access.project.pk
    spans = trace_spans(project_id, found.trace_id, limit=MOST_SPANS)
    if spans is None:
        raise NotFound(f"there is no trace {found.trace_id[:80]!r} in this project")
    address = url_with_kept(request, reverse("trace", args=[access.project.slug, found.trace_id]))
    all_rows = rows(spans, _flagged(project_id, found.trace_id), address)
    asked = request.GET.get("at", "")
    wanted = request.GET.get("span", "")
    chosen = wanted or ("" if asked else where_it_broke(all_rows)) or all_rows[0].id
    start = page_start(all_rows, asked, chosen)
    shown = all_rows[start : start + PAGE]
    if not any(row.id == chosen for row in shown):
        chosen = shown[0].id
    more = request.htmx.target == "span-rows"  # type: ignore[attr-defined]  # rows for a tree that has a choice already
    return {
        "rows": shown,
        "chosen": _NO_SPAN if more else chosen,
        "total_ms": spans.duration_ms,
        "count": spans.total,
        "shown_to": start + len(shown),
        "shown_from": start + 1,
        "fold_from": DEEP if len(all_rows) > PAGE else 0,
        "most": len(all_rows),
        "next_from": start + PAGE if start + PAGE < len(all_rows) else 0,
        "back": start > 0,
        **(
            {}
            if more or left_out_of(project_id, [found.trace_id])
            else _detail(access, found.trace_id, wanted or chosen)
        ),
    }


def url_with_kept(request: HttpRequest, address: str) -> str:
    """The address with the period and the environment of this page."""
    kept = {name: request.GET[name] for name in GLOBAL if request.GET.get(name)}
    return f"{address}?{urlencode(kept)}" if kept else address


def _flagged(project_id: int, trace_id: str) -> Counter[str]:
    turns = turns_of_traces(project_id, [trace_id])
    flags = flags_of_turns(project_id, [turn.turn_id for turn in turns])
    return Counter(flag.span_id for found in flags.values() for flag in found)


def _detail(access: Access, trace_id: str, span_id: str) -> dict[str, Any]:
    found = span_detail(access.project.pk, trace_id, span_id)
    if found is None:
        raise NotFound(f"there is no span {span_id[:80]!r} in this trace")
    slug = access.project.slug
    same = Token("name", literal(found.name)).text
    return {
        **span_context(found, Place(slug, trace_id, span_id)),
        "release": found.release,
        "same_href": f"{reverse('traces', args=[slug])}?{urlencode({'q': same})}",
        "trace_href": reverse("trace", args=[slug, trace_id]),
    }


def _raw(request: HttpRequest, access: Access, found: TraceRow) -> dict[str, Any]:
    asked = request.GET.get("at", "")
    start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    spans = whole_spans(access.project.pk, found.trace_id, offset=start, limit=RAW_PAGE)
    text = as_json(spans)
    return {
        "release": spans[0].release if spans else "",
        "raw": text[:RAW_LONGEST],
        "cut": max(0, len(text) - RAW_LONGEST) + sum(sum(one.left_out.values()) for one in spans),
        "count": found.span_count,
        "shown_from": start + 1,
        "shown_to": start + len(spans),
        "next_from": start + RAW_PAGE if start + RAW_PAGE < found.span_count else 0,
        "prev_from": max(0, start - RAW_PAGE) if start else None,
    }


def _download(access: Access, trace_id: str) -> HttpResponse:
    """All spans as a file, one block of the answer after the other."""
    answer = StreamingHttpResponse(_file(access.project.pk, trace_id), content_type="application/json")
    name = re.sub(r"[^A-Za-z0-9._-]", "_", trace_id)[:80]
    answer["Content-Disposition"] = f'attachment; filename="trace-{name}.json"'
    return cast("HttpResponse", answer)


async def _file(project_id: int, trace_id: str) -> AsyncIterator[str]:
    spans = await sync_to_async(stream_spans)(project_id, trace_id)
    between = "[\n"
    while some := await sync_to_async(_some)(spans):
        yield between + ",\n".join(json.dumps(plain(one), ensure_ascii=False, default=str) for one in some)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def _some(spans: Iterator[SpanDetail]) -> list[SpanDetail]:
    return list(islice(spans, 100))
