"""Flags: what detectors found, with the words they found."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.questions.flag_list import ListedFlag, list_flags
from backend.api.asked import PROJECT, PageQuery, query_of, scope_of
from backend.api.authentication import access_of


class FlagQuery(PageQuery):
    """Flags of a detector, a trace or a conversation."""

    detector = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    trace_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    conversation_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class EvidenceAnswer(serializers.Serializer[Any]):
    """The words a flag rests on; offsets count code points of the turn's own text."""

    span_id = serializers.CharField()
    field = serializers.CharField(
        help_text="input, output, status, finish_reason, tool, tool_result, document or system"
    )
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    quote = serializers.CharField()
    # The metaclass takes declared fields off the class, so that a field's own `source` stays what it is.
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, help_text="user, document, tool or answer; empty on older flags"
    )
    index = serializers.IntegerField(required=False, help_text="which document or tool call of the turn, from 0")


class FlagAnswer(serializers.Serializer[Any]):
    """A detector's finding about a turn."""

    flag_id = serializers.CharField()
    detector = serializers.CharField()
    detector_version = serializers.CharField()
    severity = serializers.CharField()
    confidence = serializers.FloatField(help_text="How sure, 0 to 1.")
    explanation = serializers.CharField()
    evidence = EvidenceAnswer(many=True)
    turn_id = serializers.CharField()
    trace_id = serializers.CharField()
    span_id = serializers.CharField()
    conversation_id = serializers.CharField()
    turn_time = serializers.DateTimeField()


class FlagPageAnswer(serializers.Serializer[Any]):
    """Part of the flags, newest first."""

    flags = FlagAnswer(many=True)
    next = serializers.CharField(help_text="Cursor of the next page; empty at the end.")


class Flags(APIView):
    """Flags of one project."""

    @extend_schema(operation_id="list_flags", parameters=[FlagQuery, PROJECT], responses=FlagPageAnswer)
    def get(self, request: Request) -> Response:
        """List flags of turns that began in a time range."""
        access = access_of(request)
        asked = query_of(request, FlagQuery)
        page = list_flags(
            scope_of(access, asked),
            detector=asked["detector"],
            trace_id=asked["trace_id"],
            conversation_id=asked["conversation_id"],
            cursor=asked["cursor"],
            limit=asked["limit"],
        )
        return Response({"flags": [flag_as_json(flag) for flag in page.flags], "next": page.next})


def flag_as_json(flag: ListedFlag) -> dict[str, Any]:
    """A flag with its evidence as what its text says."""
    return asdict(flag) | {"evidence": evidence_as_json(flag.evidence)}


def evidence_as_json(stored: str) -> Any:
    """Evidence as it was stored; none where some other writer left what cannot be read."""
    try:
        return msgspec.json.decode(stored) if stored else []
    except msgspec.DecodeError:
        return []
