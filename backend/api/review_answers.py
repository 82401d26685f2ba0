"""The shapes of review in JSON: what is asked, what is sent, what is answered."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from rest_framework import serializers

from analytics.questions.findings import FlagRow
from analytics.questions.judging import Judged
from backend.api.flags import EvidenceAnswer, evidence_as_json
from backend.review.models import Cause, ReviewItem, Verdict


class ItemQuery(serializers.Serializer[Any]):
    """A page of items."""

    queue = serializers.CharField(required=False, default="", allow_blank=True, max_length=60, help_text="Its slug.")
    state = serializers.ChoiceField(ReviewItem.State.values, required=False, default="", allow_blank=True)
    cursor = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=20, help_text="`next` of the page before."
    )
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=500)


class NewVerdict(serializers.Serializer[Any]):
    """What a person says of an answer."""

    grade = serializers.ChoiceField(Verdict.Grade.values)
    cause = serializers.ChoiceField(Cause.values, required=False, default="", allow_blank=True)
    flags = serializers.DictField(
        child=serializers.ChoiceField(["confirmed", "rejected", "missed"]),
        required=False,
        default=dict,
        help_text="By detector; `missed` for one that should have flagged the answer and did not.",
    )
    correction = serializers.CharField(required=False, default="", allow_blank=True, max_length=20_000)
    comment = serializers.CharField(required=False, default="", allow_blank=True, max_length=20_000)
    seconds = serializers.FloatField(required=False, default=0.0, min_value=0, max_value=86_400)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A cause belongs to an answer that is not good."""
        if attrs["cause"] and attrs["grade"] == Verdict.Grade.GOOD:
            raise serializers.ValidationError("a good answer has no cause of failure")
        return attrs


class NewSkip(serializers.Serializer[Any]):
    """Why an item is left out."""

    reason = serializers.CharField(max_length=300)


class QueueAnswer(serializers.Serializer[Any]):
    """A queue and how many of its items stand where."""

    slug = serializers.CharField()
    name = serializers.CharField()
    rubric = serializers.CharField()
    fills_from_flags = serializers.BooleanField()
    random_share = serializers.FloatField()
    open = serializers.IntegerField()
    done = serializers.IntegerField()
    skipped = serializers.IntegerField()


class QueueList(serializers.Serializer[Any]):
    """Queues of a project."""

    queues = QueueAnswer(many=True)


class ItemAnswer(serializers.Serializer[Any]):
    """One turn in one queue."""

    id = serializers.IntegerField()
    queue = serializers.CharField()
    state = serializers.ChoiceField(ReviewItem.State.values)
    origin = serializers.ChoiceField(ReviewItem.Origin.values)
    reason = serializers.CharField(help_text="Why it is in the queue.")
    priority = serializers.FloatField()
    skip_reason = serializers.CharField()
    turn_id = serializers.CharField()
    trace_id = serializers.CharField()
    conversation_id = serializers.CharField()
    turn_time = serializers.DateTimeField()
    reserved_by = serializers.CharField(allow_null=True)
    reserved_until = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class ItemPage(serializers.Serializer[Any]):
    """Part of the items."""

    items = ItemAnswer(many=True)
    next = serializers.CharField(help_text="Cursor of the next page; empty at the end.")


class VerdictAnswer(serializers.Serializer[Any]):
    """What one person said of one item."""

    id = serializers.IntegerField()
    item_id = serializers.IntegerField()
    queue = serializers.CharField()
    turn_id = serializers.CharField()
    trace_id = serializers.CharField()
    conversation_id = serializers.CharField()
    reviewer = serializers.CharField()
    grade = serializers.ChoiceField(Verdict.Grade.values)
    cause = serializers.ChoiceField(Cause.values, allow_blank=True)
    flags = serializers.DictField(child=serializers.ChoiceField(["confirmed", "rejected", "missed"]))
    correction = serializers.CharField()
    comment = serializers.CharField()
    seconds = serializers.FloatField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class VerdictPage(serializers.Serializer[Any]):
    """Part of the verdicts."""

    verdicts = VerdictAnswer(many=True)
    next = serializers.CharField(help_text="Cursor of the next page; empty at the end.")


class ItemFlag(serializers.Serializer[Any]):
    """A flag of the turn in question."""

    detector = serializers.CharField()
    severity = serializers.CharField()
    confidence = serializers.FloatField()
    explanation = serializers.CharField()
    evidence = EvidenceAnswer(many=True)


class ItemTurn(serializers.Serializer[Any]):
    """The turn in question; documents and tool calls as JSON."""

    input_text = serializers.CharField()
    output_text = serializers.CharField()
    status = serializers.CharField()
    error_type = serializers.CharField()
    error_message = serializers.CharField()
    model = serializers.CharField()
    start_time = serializers.DateTimeField()
    documents = serializers.JSONField()
    tools = serializers.JSONField()


class ItemDetail(ItemAnswer):
    """One item with its turn, its flags and what was said of it."""

    turn = ItemTurn(allow_null=True)
    flags = ItemFlag(many=True)
    verdicts = VerdictAnswer(many=True)


def item_as_json(item: ReviewItem) -> dict[str, Any]:
    """An item as the API answers it."""
    names = ("state", "origin", "reason", "priority", "skip_reason", "turn_id", "trace_id", "conversation_id")
    times = ("turn_time", "reserved_until", "created_at")
    return {
        "id": item.pk,
        "queue": item.queue.slug,
        **{name: getattr(item, name) for name in (*names, *times)},
        "reserved_by": item.reserved_by.email if item.reserved_by else None,
    }


def verdict_as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the API answers it."""
    item = verdict.item
    names = ("grade", "cause", "flags", "correction", "comment", "seconds", "created_at", "updated_at")
    return {
        "id": verdict.pk,
        "item_id": item.pk,
        "queue": item.queue.slug,
        "turn_id": item.turn_id,
        "trace_id": item.trace_id,
        "conversation_id": item.conversation_id,
        "reviewer": verdict.reviewer.email,
        **{name: getattr(verdict, name) for name in names},
    }


def turn_as_json(found: Judged | None) -> dict[str, Any]:
    """A turn and its flags as the API answers them; nothing where the turn is gone."""
    if found is None:
        return {"turn": None, "flags": []}
    names = ("input_text", "output_text", "status", "error_type", "error_message", "model", "start_time")
    turn = {
        **{name: getattr(found.turn, name) for name in names},
        "documents": msgspec.to_builtins(found.documents),
        "tools": msgspec.to_builtins(found.tools),
    }
    return {"turn": turn, "flags": [_flag(flag) for flag in found.flags]}


def _flag(flag: FlagRow) -> dict[str, Any]:
    names = ("detector", "severity", "confidence", "explanation")
    fields = asdict(flag)
    return {**{name: fields[name] for name in names}, "evidence": evidence_as_json(flag.evidence)}
