"""A recorded answer that went wrong, the endpoint that it is replayed on, and what a test makes the model say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from analytics.detection.asking import Asked
from analytics.replay import run
from backend.detection.models import JudgeEndpoint
from backend.replays.models import Replay
from backend.store.client import Store
from backend.telemetry.message import Document, Message, Part, dump
from tests.analytics.detection.conftest import Model, endpoint, model
from tests.analytics.pipeline.building import put, span
from tests.conftest import Cast
from tests.frontend.pages.conftest import START, insert, nanos, turn

__all__ = ["endpoint", "model"]  # the same server as for judges

RULES = "You help customers of a shop. Answer from the documents."
WRONG = "Bicycles are serviced every spring in our workshop by the river."
RIGHT = 'Parcels to Norway take "two" days and cost nine euros.'
QUESTION = "How long does a parcel to Norway take?"
GOOD = "A parcel to Norway takes two days and costs nine euros."
REFUSED = "I'm sorry, but I can't help with that."


def said(role: str, *texts: str) -> Message:
    """A message of some texts."""
    return Message(role=role, parts=tuple(Part(type="text", content=text) for text in texts))


def record(store: Store, project_id: int, trace_id: str = "r1", **fields: Any) -> str:
    """Store a trace whose answer is refused over two documents, and its turn; the turn's id."""
    documents = fields.pop("documents", [WRONG, RIGHT])
    messages = fields.pop("messages", [said("system", RULES, "\n\n".join(documents)), said("user", QUESTION)])
    answer = fields.pop("answer", REFUSED)
    kept = [Document(id=f"d{place}", content=text, score=0.9 - place / 10) for place, text in enumerate(documents)]
    chat = {
        "operation": "chat", "request_model": "gpt-4o", "input_text": QUESTION, "output_text": answer,
        "input_messages": dump(messages), "output_messages": dump([said("assistant", answer)] if answer else []),
        "attributes": {"gen_ai.request.temperature": "0.3"}, "max_tokens": 600,
    }  # fmt: skip
    put(
        store,
        project_id,
        [
            span(trace_id, "find", at=START, operation="retrieval", documents=dump(kept)),
            span(trace_id, "chat", at=START, at_ms=200, **{**chat, **fields}),
        ],
    )
    listed = [
        {"span_id": "find", "id": one.id, "content": one.content, "score": one.score, "rank": place}
        for place, one in enumerate(kept, start=1)
    ]
    row = turn(
        f"{trace_id}.0", trace_id, input_text=QUESTION, output_text=answer, output_span_id="chat",
        documents=json.dumps(listed) if listed else "",
    )  # fmt: skip
    insert(store, project_id, "turn", [row])
    return f"{trace_id}.0"


def blamed(store: Store, project_id: int, turn_id: str, cause: str, probability: float = 0.85) -> None:
    """Store the cause of a turn's answer."""
    row = {
        "score_id": f"{turn_id}:cause", "name": "cause", "value": probability, "label": cause, "source": "analyser",
        "author": "cause 2", "explanation": "It looks so.", "trace_id": turn_id.rpartition(".")[0], "turn_id": turn_id,
        "conversation_id": "c1", "time": nanos(START),
    }  # fmt: skip
    insert(store, project_id, "score", [row])


@pytest.fixture
def turn_id(store: Store, cast: Cast) -> str:
    """The recorded answer."""
    return record(store, cast.project.pk)


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    usual = run.asked

    def quick(given: JudgeEndpoint) -> Asked:
        made = usual(given)
        return Asked(made.base_url, made.model, made.key, made.may_call, made.used, 5.0, lambda _: None)

    monkeypatch.setattr(run, "asked", quick)


def sent_text(body: dict[str, Any]) -> str:
    """All that a request says."""
    return json.dumps(body["messages"], ensure_ascii=False)


def answering(model: Model, good: Callable[[dict[str, Any]], bool]) -> None:
    """Have the model answer well where a request is good, and refuse elsewhere."""
    model.says = lambda body: (200, model.completion(GOOD if good(body) else REFUSED))


def finished(replay: Replay) -> Replay:
    """The replay after a worker was at it."""
    run.advance(replay.project_id, seconds=600)  # the model may take its time to load
    replay.refresh_from_db()
    return replay
