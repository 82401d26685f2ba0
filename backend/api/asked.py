"""What a request asks for: project, time range, environment, search and page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from analytics.questions.scope import Range, Scope
from backend.projects.access import Access

LONGEST = timedelta(days=400)
PROJECT = OpenApiParameter("project", str, description="Slug; for signed-in people. A key names its project itself.")


class RangeQuery(serializers.Serializer[Any]):
    """A time range, the last 30 days where none is given, and an environment."""

    start = serializers.DateTimeField(required=False, help_text="Included; ISO 8601. 30 days ago where not given.")
    end = serializers.DateTimeField(required=False, help_text="Excluded; ISO 8601. Now where not given.")
    environment = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in the range and hold it to its limits."""
        attrs.setdefault("end", datetime.now(UTC))
        attrs.setdefault("start", attrs["end"] - timedelta(days=30))
        if attrs["end"] <= attrs["start"]:
            raise serializers.ValidationError("end must be after start")
        if attrs["end"] - attrs["start"] > LONGEST:
            raise serializers.ValidationError(f"the time range is longer than {LONGEST.days} days")
        return attrs


class PageQuery(RangeQuery):
    """A range and a page of a list."""

    cursor = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=500, help_text="`next` of the page before."
    )
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=500)


Asked = TypeVar("Asked", bound="serializers.Serializer[Any]")


def query_of(request: Request, kind: type[Asked]) -> dict[str, Any]:
    """Read the query of a request.

    Raises:
        ValidationError: a field cannot be read; the answer names it.
    """
    query = kind(data=request.query_params)
    query.is_valid(raise_exception=True)
    values: dict[str, Any] = query.validated_data
    return values


def scope_of(access: Access, asked: dict[str, Any]) -> Scope:
    """Project, range and environment as questions take them."""
    return Scope(access.project.pk, Range(asked["start"], asked["end"]), asked["environment"])
