"""Traces and spans."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.questions.filters import compile_filter
from analytics.questions.grammar import parse
from analytics.questions.searchable import searchable_topics
from analytics.questions.spans import MOST_SPANS, SpanDetail, TraceSpans, span_detail, trace_spans
from analytics.questions.traces import TracePage, list_traces
from backend.api.asked import PROJECT, PageQuery, query_of, scope_of
from backend.api.authentication import access_of
from backend.errors import BadRequest, NotFound
from backend.telemetry.stored import stored_value

# Stored as JSON text and answered as what it says.
_JSON_FIELDS = ("input_messages", "output_messages", "documents", "tool_definitions", "events", "links")


class TraceQuery(PageQuery):
    """A page of traces that fit a search."""

    q = serializers.CharField(required=False, default="", allow_blank=True, max_length=4000, help_text="docs/search.md")
    sort = serializers.ChoiceField(["time", "latency", "cost", "tokens"], required=False, default="time")


class TracePageAnswer(DataclassSerializer[TracePage]):
    """Traces, newest or most first, and where the next page begins."""

    class Meta:
        dataclass = TracePage


class SpansQuery(serializers.Serializer[Any]):
    """Part of a trace."""

    offset = serializers.IntegerField(required=False, default=0, min_value=0)
    limit = serializers.IntegerField(required=False, default=MOST_SPANS, min_value=1, max_value=MOST_SPANS)


class TraceSpansAnswer(DataclassSerializer[TraceSpans]):
    """Spans of one trace in the order of its tree."""

    class Meta:
        dataclass = TraceSpans


class SpanAnswer(DataclassSerializer[SpanDetail]):
    """A span with everything that was sent; messages and documents as JSON."""

    input_messages = serializers.JSONField()
    output_messages = serializers.JSONField()
    documents = serializers.JSONField()
    tool_definitions = serializers.JSONField()
    events = serializers.JSONField()
    links = serializers.JSONField()

    class Meta:
        dataclass = SpanDetail


class Traces(APIView):
    """Traces that began in a time range and fit a search."""

    @extend_schema(operation_id="list_traces", parameters=[TraceQuery, PROJECT], responses=TracePageAnswer)
    def get(self, request: Request) -> Response:
        """List traces; `next` is the cursor of the next page, empty at the end."""
        access = access_of(request)
        asked = query_of(request, TraceQuery)
        search = compile_filter(parse(asked["q"]), searchable_topics(access.project.pk))
        if search.invalid:
            raise BadRequest("; ".join(f"{token.text}: {token.reason}" for token in search.invalid))
        page = list_traces(
            scope_of(access, asked), search, sort=asked["sort"], cursor=asked["cursor"], limit=asked["limit"]
        )
        return Response(TracePageAnswer(page).data)


class Trace(APIView):
    """One trace."""

    @extend_schema(operation_id="read_trace", parameters=[SpansQuery, PROJECT], responses=TraceSpansAnswer)
    def get(self, request: Request, trace_id: str) -> Response:
        """Read the spans of a trace without what is long; ask for a span to read all of it."""
        access = access_of(request)
        asked = query_of(request, SpansQuery)
        found = trace_spans(access.project.pk, trace_id, asked["offset"], asked["limit"])
        if found is None:
            raise NotFound(f"there is no trace {trace_id[:80]!r} in {access.project.slug}")
        return Response(TraceSpansAnswer(found).data)


class Span(APIView):
    """One span."""

    @extend_schema(operation_id="read_span", parameters=[PROJECT], responses=SpanAnswer)
    def get(self, request: Request, trace_id: str, span_id: str) -> Response:
        """Read everything that was sent of a span."""
        access = access_of(request)
        found = span_detail(access.project.pk, trace_id, span_id)
        if found is None:
            raise NotFound(f"there is no span {span_id[:80]!r} in trace {trace_id[:80]!r}")
        return Response(span_as_json(found))


def span_as_json(span: SpanDetail) -> dict[str, Any]:
    """A span whose JSON texts are what they say; text that is no JSON stays text."""
    fields = asdict(span)
    del fields["left_out"]  # this answer is always whole
    return fields | {name: _parsed(fields[name]) for name in _JSON_FIELDS}


def _parsed(text: str) -> Any:
    if not text:
        return []
    try:
        return stored_value(text)
    except msgspec.DecodeError:
        return text
