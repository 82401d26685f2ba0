"""Turns, flags and signed-in people for tests of pages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.questions.scope import Range, Scope
from backend.accounts.models import User
from backend.review.filling import Candidate, default_queue, fill
from backend.review.models import Queue, ReviewItem
from backend.store.client import Store
from backend.topics.models import Topic, TopicFit
from tests.conftest import Cast

HOSTILE = "<script>alert(1)</script>\u202e'\"&{{ x }}"
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)


def nanos(moment: datetime) -> int:
    """Nanoseconds since 1970."""
    return int(moment.timestamp() * 1_000_000) * 1000


def insert(store: Store, project_id: int, table: str, rows: list[dict[str, Any]]) -> None:
    """Store rows of one table; columns not named keep their defaults."""
    shared = {"project_id": project_id, "version": time.time_ns(), "is_deleted": 0}
    whole = [{**shared, **row} for row in rows]
    store.insert(table, list(whole[0]), [[row[name] for row in whole] for name in whole[0]])


def turn(turn_id: str, conversation_id: str = "c1", minutes: float = 0, **fields: Any) -> dict[str, Any]:
    """A row of the table ``turn``, ``minutes`` after the start."""
    start = nanos(START + timedelta(minutes=minutes))
    return {
        "turn_id": turn_id, "trace_id": turn_id.rpartition(".")[0], "conversation_id": conversation_id,
        "user_id": "cust_1", "environment": "production", "start_time": start, "end_time": start + 1_500_000_000,
        "input_text": "Where is my parcel?", "output_text": "It comes tomorrow.", "output_span_id": "s1",
        "documents": "", "tool_calls": "", "status": "ok", "error_type": "", "error_message": "",
        "finish_reason": "stop",
        "request_model": "gpt-4o", "response_model": "gpt-4o-2024", "prompt_name": "", "prompt_version": "",
        "input_tokens": 100, "output_tokens": 20, "cost_usd": 0.002, "unpriced_spans": 0, **fields,
    }  # fmt: skip


def flag(turn_id: str, detector: str, quote: str = "tomorrow", start: int = 9, **fields: Any) -> dict[str, Any]:
    """A row of the table ``flag`` that points at words of the answer."""
    evidence = [{"span_id": "s1", "field": "output", "start": start, "end": start + len(quote), "quote": quote}]
    return {
        "flag_id": f"{turn_id}:{detector}", "detector": detector, "detector_version": "1", "severity": "high",
        "confidence": 0.9, "explanation": "It says the same thing over and over.", "evidence": json.dumps(evidence),
        "turn_id": turn_id, "trace_id": turn_id.rpartition(".")[0], "span_id": "s1", "conversation_id": "c1",
        "turn_time": nanos(START), **fields,
    }  # fmt: skip


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """Makes a browser in which a person is signed in."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def queue(store: Store, cast: Cast) -> Queue:
    """The default queue with three flagged answers of one conversation, gravest first."""
    documents = json.dumps(
        [{"span_id": "d", "id": "doc-1", "content": "Parcels take two days.", "score": 0.9, "rank": 1}]
    )
    insert(
        store,
        cast.project.pk,
        "turn",
        [
            turn("t1.0", "c1", 0, input_text="Hello there"),
            turn("t2.0", "c1", 5, documents=documents),
            turn("t3.0", "c1", 10, output_text=HOSTILE, error_message=HOSTILE, error_type=HOSTILE, status="error"),
        ],
    )
    insert(
        store,
        cast.project.pk,
        "flag",
        [
            flag("t2.0", "repetition"),
            flag("t3.0", "error", "<script>", 0, explanation=HOSTILE),
            flag("t1.0", "refusal"),
        ],
    )
    found = default_queue(cast.project.pk)
    candidates = [
        Candidate(turn_id, turn_id.rpartition(".")[0], "c1", START, ReviewItem.Origin.FLAG, reason, priority)
        for turn_id, reason, priority in [
            ("t2.0", "Repetition (high, 90% sure)", 9.0),
            ("t3.0", HOSTILE, 5.0),
            ("t1.0", "Refusal", 1.0),
        ]
    ]
    fill(found, candidates)
    return found


def week(project_id: int) -> Scope:
    """The last seven days of a project."""
    return Scope(project_id, Range(datetime.now(UTC) - timedelta(days=7), datetime.now(UTC)))


def assignment(fit: TopicFit, conversation_id: str, topic: int, **fields: Any) -> dict[str, Any]:
    """A row of the table ``topic_assignment``."""
    return {
        "conversation_id": conversation_id, "fit_id": fit.pk, "topic_id": topic,
        "state": "assigned" if topic else "other", "similarity": 0.8, "vote_share": 0.9, "map_x": 0.5, "map_y": -0.25,
        "turn_count": 1, "start_time": nanos(START), "user_id": "cust_1", "environment": "production",
        "first_text": f"My parcel is late, {conversation_id} {HOSTILE}", **fields,
    }  # fmt: skip


@pytest.fixture
def topics(store: Store, cast: Cast) -> TopicFit:
    """A published fit with the group Orders (3) of Late parcels (1) and Refunds (2), and one conversation in Other.

    Late parcels has four conversations of which one is flagged, Refunds three; one stands there by a guess.
    """
    fit = TopicFit.objects.create(
        project=cast.project, state="published", published_at=timezone.now(), conversations=8, measures={}
    )
    shared = {"project": cast.project, "fit": fit}
    group = Topic.objects.create(number=3, level=0, machine_name="Orders", subtitle="Where is it?", **shared)
    for number, name in ((1, "Late parcels"), (2, "Refunds")):
        lineage = [{"at": START.isoformat(), "event": "split from", "topics": [3]}]
        Topic.objects.create(
            number=number, parent=group, machine_name=name, subtitle="Where is my parcel?", keywords=["parcel"],
            lineage=lineage, **shared,
        )  # fmt: skip
    places = {**{f"a{at}": 1 for at in range(4)}, **{f"b{at}": 2 for at in range(3)}, "other": 0}
    prompt = {"prompt_name": "support", "prompt_version": "v1"}
    insert(store, cast.project.pk, "turn", [turn(f"t-{one}.0", one, **prompt) for one in places])
    rows = [assignment(fit, one, topic, state="other" if not topic else "assigned") for one, topic in places.items()]
    rows[6]["state"] = "low_confidence"
    insert(store, cast.project.pk, "topic_assignment", rows)
    insert(store, cast.project.pk, "flag", [flag("t-a0.0", "repetition", conversation_id="a0")])
    return fit
