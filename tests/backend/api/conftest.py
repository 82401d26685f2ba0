"""Clients of the API for the cast, and a trace to ask for."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.alerts.models import Channel
from backend.arrivals.counted import SPANS, Addition, Counted, Outcome
from backend.arrivals.counting import add_counts
from backend.detection.choices import Author, Choice, choose
from backend.detection.endpoint import Settings, set_endpoint
from backend.prices.models import ProjectPrice, Recompute
from backend.projects.models import ApiKey, Project
from backend.replays.models import Replay
from backend.review.filling import Candidate, default_queue, fill
from backend.review.models import ReviewItem, Verdict
from backend.store.client import Store
from backend.store.rows import insert_block, span_rows
from backend.store.scores import write_scores
from backend.telemetry import operation
from backend.telemetry.message import Document, Message, Part, dump
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from backend.topics.models import Topic, TopicFit
from tests.conftest import Cast
from tests.frontend.pages.conftest import flag, insert, topics, turn

__all__ = ["topics"]  # the same topics as on the pages

SECOND = 1_000_000_000


@pytest.fixture
def with_key(cast: Cast) -> APIClient:
    """A program that holds the project's secret key."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {cast.secret}")
    return client


def chat_trace(trace_id: str = "a" * 32) -> list[Span]:
    """A chat with retrieval and a tool call, begun a minute ago."""
    start = time.time_ns() - 60 * SECOND
    common = {
        "trace_id": trace_id,
        "conversation_id": "conversation-1",
        "user_id": "cust_1",
        "environment": "production",
    }
    question = Message(role="user", parts=(Part(type="text", content="Where is my order?"),))
    answer = Message(role="assistant", parts=(Part(type="text", content="It arrives tomorrow."),), finish_reason="stop")
    return [
        Span(
            span_id="1" * 16, name="invoke_agent shop", operation=operation.INVOKE_AGENT,
            start_time=start, end_time=start + 3 * SECOND, status="ok",
            input_text="Where is my order?", output_text="It arrives tomorrow.", **common,
        ),
        Span(
            span_id="2" * 16, parent_span_id="1" * 16, name="retrieval", operation=operation.RETRIEVAL,
            start_time=start + SECOND, end_time=start + SECOND + 10_000_000, retrieval_query="order",
            documents=dump([Document(id="doc-1", content="Orders take two days.", score=0.9)]), **common,
        ),
        Span(
            span_id="3" * 16, parent_span_id="1" * 16, name="execute_tool lookup", operation=operation.EXECUTE_TOOL,
            start_time=start + 2 * SECOND, end_time=start + 2 * SECOND + 5_000_000,
            tool_name="lookup", tool_arguments='{"order_id": "A-1"}', tool_result='{"status": "sent"}', **common,
        ),
        Span(
            span_id="4" * 16, parent_span_id="1" * 16, name="chat gpt-4o-mini", operation=operation.CHAT,
            start_time=start + 2 * SECOND + 10_000_000, end_time=start + 3 * SECOND, provider="openai",
            request_model="gpt-4o-mini", response_model="gpt-4o-mini-2024-07-18",
            uncached_input_tokens=56, cached_input_tokens=64, visible_output_tokens=18, reasoning_output_tokens=12,
            input_messages=dump([question]), output_messages=dump([answer]),
            input_text="Where is my order?", output_text="It arrives tomorrow.", finish_reasons=("stop",), **common,
        ),
    ]  # fmt: skip


@pytest.fixture
def trace(store: Store, cast: Cast) -> str:
    """A stored trace of the project; its id."""
    insert_block(store, [span_rows(cast.project.pk, chat_trace())])
    score = Score(score_id="s", name="order", value=1.0, source="client", trace_id="a" * 32, time=time.time_ns())
    write_scores(store, cast.project.pk, [score])
    return "a" * 32


@pytest.fixture
def whole(trace: str, store: Store, cast: Cast) -> ReviewItem:
    """The stored trace with all that is found in it: a turn, a flag, a topic, and an item in the queue."""
    now = time.time_ns()
    project_id = cast.project.pk
    shared = {"turn_id": f"{trace}.0", "trace_id": trace, "conversation_id": "conversation-1"}
    insert(store, project_id, "turn", [turn(**shared, start_time=now - 60 * SECOND, end_time=now - 57 * SECOND)])
    insert(store, project_id, "flag", [flag(detector="refusal", **shared, turn_time=now - 60 * SECOND)])
    fit = TopicFit.objects.create(
        project=cast.project, state="published", published_at=timezone.now(), conversations=30
    )
    Topic.objects.create(project=cast.project, number=1, machine_name="Late order", fit=fit, fit_index=0)
    assigned = {
        "conversation_id": "conversation-1", "fit_id": fit.pk, "topic_id": 1, "state": "assigned", "similarity": 0.8,
        "vote_share": 1.0, "map_x": 0.1, "map_y": 0.2, "turn_count": 1, "start_time": now - 60 * SECOND,
        "user_id": "cust_1", "environment": "production", "first_text": "Where is my order?",
    }  # fmt: skip
    insert(store, project_id, "topic_assignment", [assigned])
    queue = default_queue(project_id)
    fill(queue, [Candidate(**shared, turn_time=timezone.now(), origin="flag", reason="order", priority=1.0)])
    item = queue.items.get()
    key = ApiKey.objects.get(public_key=cast.public_key)
    counted = Counted(key.pk, timezone.now().date(), Outcome.ACCEPTED, SPANS)
    add_counts({counted: Addition(4, timezone.now())})
    set_endpoint(
        cast.project, Settings(base_url="https://example.com/v1", model="order-1"), Author("order@example.com")
    )
    choose(cast.project, "refusal", Choice(threshold=0.45), Author("order@example.com"))
    Replay.objects.create(
        project=cast.project, turn_id=shared["turn_id"], trace_id=trace, kind="model", change={"model": "order-2"},
        change_text="model order-2", model="order-1", changed_model="order-2", repeats=3, state="stopped",
        author_name="order@example.com",
    )  # fmt: skip
    ProjectPrice.objects.create(project=cast.project, model="order-1", since="2026-01-01", input=1, output=2)
    Recompute.objects.create(
        project=cast.project, start="2026-01-01", end="2026-01-03", day="2026-01-02", state="stopped",
        author_name="order@example.com",
    )  # fmt: skip
    Verdict.objects.create(item=item, reviewer=cast.owner, grade="bad", comment="the order is wrong")
    return item


def signed_in_api(person: User) -> APIClient:
    """A person's session."""
    client = APIClient()
    client.force_login(person)
    return client


def holding(project: Project, *scopes: str) -> APIClient:
    """A program that holds a new key of a project with these scopes."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiKey.objects.mint(project, scopes=scopes)[1]}")
    return client


@pytest.fixture
def channel(cast: Cast) -> Channel:
    """A webhook of the project whose address holds a secret."""
    return Channel.objects.create(
        project=cast.project, name="Ops", kind="webhook", target="https://hooks.example.com/T0/pa55",
        signing_secret="s3cret",
    )  # fmt: skip
