"""All of one text of a span: piece by piece behind the part that a page shows, or as a file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from analytics.questions.spans import SpanDetail, span_detail
from backend.errors import NotFound
from backend.projects.access import Access
from backend.telemetry.message import Part, load_documents, load_messages
from frontend.guard import project_page

LONGEST: Final = 20_000
"""Most characters of one text that are printed at first."""
STEP: Final = 100_000
"""Characters that are shown more at each demand."""
_PLAIN: Final = frozenset(
    {"input_text", "output_text", "retrieval_query", "tool_arguments", "tool_result", "status_message"}
)
_BLOCK: Final = 2**20


@dataclass(frozen=True, slots=True)
class Place:
    """Whose texts these are."""

    slug: str
    trace_id: str
    span_id: str

    def href(self, field: str, at: str = "") -> str:
        """Where all of a text is.

        Args:
            field: of the span; ``said`` is what its user said, in whichever field.
            at: of messages ``MESSAGE.PART``, of documents the place from 0, of attributes the name.
        """
        words = {"span": self.span_id, "field": field, **({"at": at} if at else {})}
        return f"{reverse('whole_text', args=[self.slug, self.trace_id])}?{urlencode(words)}"


@require_GET
@project_page
def whole_text(request: HttpRequest, access: Access, trace_id: str) -> HttpResponse:
    """Give the next piece of a text to htmx, or all of it as a file."""
    found = span_detail(access.project.pk, trace_id, request.GET.get("span", ""))
    field, at = request.GET.get("field", ""), request.GET.get("at", "")
    text = text_of(found, field, at) if found else None
    if found is None or text is None:
        raise NotFound("this trace has no such text")
    if request.htmx and not request.GET.get("download"):  # type: ignore[attr-defined]  # django_htmx's middleware
        start = _number(request.GET.get("from", ""))
        end = start + STEP
        href = Place(access.project.slug, trace_id, found.span_id).href(field, at)
        context = {"text": text[start:end], "left": max(0, len(text) - end), "href": href, "shown": end}
        return render(request, "trace/more.html", context)
    answer = StreamingHttpResponse(_blocks(text), content_type="text/plain; charset=utf-8")
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{trace_id}-{found.span_id}-{field}-{at}").strip("._-")[:120]
    answer["Content-Disposition"] = f'attachment; filename="{name}.txt"'
    answer["X-Content-Type-Options"] = "nosniff"
    return cast("HttpResponse", answer)


def text_of(span: SpanDetail, field: str, at: str) -> str | None:
    """One text of a span; None where it has none there."""
    if field == "said":
        return span.input_text if span.input_text.strip() else span.retrieval_query
    if field in _PLAIN:
        return str(getattr(span, field))
    if field == "attributes":
        return span.attributes.get(at)
    try:
        places = [int(one) for one in at.split(".")]
        if field == "documents":
            return load_documents(span.documents)[places[0]].content
        if field in {"input_messages", "output_messages"}:
            return text_of_part(load_messages(getattr(span, field))[places[0]].parts[places[1]])
    except (ValueError, IndexError, msgspec.MsgspecError):
        return None
    return None


def text_of_part(part: Part) -> str:
    """What a part of a message says, as text."""
    value: Any = {"tool_call": part.arguments, "tool_call_response": part.response}.get(part.type, part.content)
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.format(msgspec.json.encode(value)).decode()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


async def _blocks(text: str) -> AsyncIterator[bytes]:
    for start in range(0, len(text), _BLOCK):
        yield text[start : start + _BLOCK].encode("utf-8", "replace")
