"""Images, audio and files that were put aside out of messages: which a trace has, and their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.questions.attachments import Referred, referred
from backend.api.asked import PROJECT, query_of
from backend.api.authentication import access_of
from backend.attachments.place import shelf
from backend.attachments.reference import Reference, references
from backend.attachments.sending import answer_with
from backend.errors import NotFound
from backend.projects.models import Project

MOST = 100
"""Attachments of one page of a list: each is looked for where it is kept."""


class AttachmentsQuery(serializers.Serializer[Any]):
    """Part of the attachments of a trace."""

    offset = serializers.IntegerField(required=False, default=0, min_value=0, max_value=10**6)
    limit = serializers.IntegerField(required=False, default=MOST, min_value=1, max_value=MOST)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a span refers to.

    Attributes:
        hash: SHA-256 of its content in hexadecimal; where it is not kept, what of it the span tells.
        media_type: as the client declared it, or empty.
        size_bytes: of what is kept, else what the client said, else null.
        name: as the client named it, or empty.
        span_id: whose it is.
        fields: where in the span it stands.
        is_kept: whether it can be had; it goes with the last span that refers to it.
        href: where its content is.
    """

    hash: str
    media_type: str
    size_bytes: int | None
    name: str
    span_id: str
    fields: list[str]
    is_kept: bool
    href: str


@dataclass(frozen=True, slots=True)
class AttachmentPage:
    """Attachments by span, and in a span in the order of its fields.

    Attributes:
        total: how many there are, at most those of 1,000 spans.
        attachments: those of the page.
    """

    total: int
    attachments: list[Attachment]


class AttachmentPageAnswer(DataclassSerializer[AttachmentPage]):
    """Attachments of a trace or span."""

    class Meta:
        dataclass = AttachmentPage


class Whatever(BaseContentNegotiation):
    """A file is sent as what it is, whatever the client says that it takes."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Take the first, which errors are written by."""
        first = next(iter(renderers))
        return first, str(first.media_type)


class TraceAttachments(APIView):
    """Attachments of one trace."""

    @extend_schema(
        operation_id="list_trace_attachments", parameters=[AttachmentsQuery, PROJECT], responses=AttachmentPageAnswer
    )
    def get(self, request: Request, trace_id: str) -> Response:
        """List the images, audio and files that the spans of a trace refer to, each once a span."""
        return _page(request, trace_id)


class SpanAttachments(APIView):
    """Attachments of one span."""

    @extend_schema(
        operation_id="list_span_attachments", parameters=[AttachmentsQuery, PROJECT], responses=AttachmentPageAnswer
    )
    def get(self, request: Request, trace_id: str, span_id: str) -> Response:
        """List the images, audio and files that a span refers to."""
        return _page(request, trace_id, span_id)


class AttachmentView(APIView):
    """One attachment."""

    content_negotiation_class = Whatever

    @extend_schema(
        operation_id="read_attachment",
        parameters=[
            PROJECT,
            OpenApiParameter("key", str, OpenApiParameter.PATH, description="`hash` of the list, or its first 33."),
            OpenApiParameter("name", str, description="What to save it as; its ending follows from the content."),
        ],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, key: str) -> Response:
        """Read the content of an attachment, byte for byte as it was sent."""
        project, name = access_of(request).project, request.query_params.get("name", "")
        return cast("Response", answer_with(project.pk, key, name=name, saved=True))


def _page(request: Request, trace_id: str, span_id: str = "") -> Response:
    project = access_of(request).project
    asked = query_of(request, AttachmentsQuery)
    found = referred(project.pk, trace_id, span_id)
    if found is None:
        place = f"span {span_id[:80]!r} in trace {trace_id[:80]!r}" if span_id else f"trace {trace_id[:80]!r}"
        raise NotFound(f"there is no {place} in {project.slug}")
    all_of = [one for row in found for one in _of_span(row)]
    page = all_of[asked["offset"] : asked["offset"] + asked["limit"]]
    told = [_told(project, span_id, reference, fields) for span_id, reference, fields in page]
    return Response(AttachmentPageAnswer(AttachmentPage(len(all_of), told)).data)


def _of_span(row: Referred) -> Iterator[tuple[str, Reference, list[str]]]:
    """What a span refers to, each once with the fields that it stands in."""
    known: dict[str, tuple[Reference, list[str]]] = {}
    for text in row.found:
        field, _, said = text.partition(" ")
        for reference in references(said):
            _, fields = known.setdefault(reference.key, (reference, []))
            if field not in fields:
                fields.append(field)
    for reference, fields in known.values():
        yield row.span_id, reference, fields


def _told(project: Project, span_id: str, reference: Reference, fields: list[str]) -> Attachment:
    kept = shelf().find(project.pk, reference.key)
    key = kept.key if kept else reference.key
    return Attachment(
        hash=key,
        media_type=reference.media_type,
        size_bytes=kept.size if kept else reference.size,
        name=reference.name,
        span_id=span_id,
        fields=fields,
        is_kept=kept is not None,
        href=reverse("api_attachment", args=[key]),
    )
