"""New wants are looked for as conversations come in, and the next fit says what became of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from analytics.pipeline import emerge
from analytics.pipeline.fit import fit_topics
from analytics.questions.emerging import emerging_topics
from backend.store.client import Store
from backend.topics.models import EmergingTopic, Topic, TopicFit
from tests.analytics.pipeline.building import NOON, chat, put
from tests.analytics.pipeline.test_fit import WANTS

Go = Callable[[int], None]
WORDS = ("invoice", "billing", "address", "change", "company", "tax", "number", "wrong", "street", "update")


def invoices(count: int, first: int = 0) -> list[object]:
    """So many conversations of a new want, each in other words and of another user, on the next day."""
    spans: list[object] = []
    for number in range(first, first + count):
        words = [WORDS[(number + step * (1 + number // 10)) % 10] for step in range(3)]
        text = f"invoice billing {' '.join(words)}"
        at = NOON + timedelta(days=1, minutes=number)
        spans += chat(f"invoice{number}", text, "Yes.", at=at, user_id=f"buyer-{number}")
    return spans


def varied(count: int, first: int = 0) -> list[object]:
    """So many conversations of each old want, all in words of their own."""
    spans: list[object] = []
    for want, says in WANTS.items():
        for number in range(first, first + count):
            text = f"{want} {says[0]} {'nopqrstuvw'[number % 10]}x {'abcdefghij'[number // 10]}y z{number}"
            at = NOON + timedelta(hours=1 if first else 0, minutes=number)
            spans += chat(f"{want}{number}", text, "Yes.", at=at, user_id=f"{want}-{number}")
    return spans


@pytest.fixture
def fitted(project: int, store: Store, run: Go, monkeypatch: pytest.MonkeyPatch) -> int:
    """A project with settled topics, looked at after every ten conversations."""
    monkeypatch.setattr(emerge, "EVERY", 10)
    monkeypatch.setattr(emerge, "_looked", {})
    put(store, project, varied(50))
    run(project)
    fit_topics(project, "a test")
    fit = TopicFit.objects.get(state="published")
    fit.measures["first_impression"] = False
    fit.save()
    return project


def test_a_new_want_is_announced_once_with_its_evidence(fitted: int, store: Store, run: Go) -> None:
    """Name, examples, users, since when; the next fit tells which topic it is now."""
    assert not emerge.is_due(fitted)
    put(store, fitted, invoices(40))
    run(fitted)
    assert emerge.waiting() == [fitted]
    assert emerge.look_when_due(fitted) == 1
    (found,) = emerging_topics(fitted)
    assert "invoice" in f"{found.name} {found.examples[0].text}".lower()
    assert found.users >= 8
    assert found.wordings >= 8
    assert found.p_value < found.level
    assert found.first_at >= NOON + timedelta(days=1)
    assert found.became is None
    assert emerge.look_when_due(fitted) == 0
    assert not emerge.is_due(fitted)
    fit_topics(fitted, "a test")
    (found,) = emerging_topics(fitted)
    assert found.became
    assert Topic.objects.get(number=found.became).state == "active"


def test_more_of_the_same_is_no_news(fitted: int, store: Store, run: Go) -> None:
    """A look is told in the fit, and nothing is announced."""
    put(store, fitted, varied(10, first=50))
    run(fitted)
    assert emerge.look_when_due(fitted) == 0
    assert not EmergingTopic.objects.exists()


def test_a_first_impression_is_not_watched(fitted: int, store: Store, run: Go) -> None:
    """There everything would be news."""
    fit = TopicFit.objects.get(state="published")
    fit.measures["first_impression"] = True
    fit.save()
    put(store, fitted, invoices(40))
    run(fitted)
    assert not emerge.is_due(fitted)
    assert emerge.look_when_due(fitted) == 0


@pytest.mark.parametrize(("became", "is_asked_again"), [(0, True), (7, False), (None, True)])
def test_what_was_announced_before_another_fit_is_no_news(
    fitted: int, store: Store, run: Go, became: int | None, is_asked_again: bool
) -> None:
    """It is one announcement that was seen again; the next fit is asked anew where the last made no topic of it."""
    put(store, fitted, invoices(40))
    run(fitted)
    assert emerge.look_when_due(fitted) == 1
    now = TopicFit.objects.get(state="published")
    old = TopicFit.objects.create(project_id=fitted, state="retired", embedding_model=now.embedding_model)
    EmergingTopic.objects.update(fit=old, became=became)
    put(store, fitted, invoices(30, first=40))
    run(fitted)
    assert emerge.look_when_due(fitted) == 0
    (found,) = emerging_topics(fitted)
    assert (found.seen_again, found.seen_at is not None) == (1, True)
    assert (found.became is None) is is_asked_again
    assert EmergingTopic.objects.get().fit == now
    assert len(EmergingTopic.objects.get().conversation_ids) > found.conversations


@pytest.mark.parametrize("forgotten", ["long ago", "another model", "another want"])
def test_news_is_what_nobody_remembers(fitted: int, store: Store, run: Go, forgotten: str) -> None:
    """After three months, by another embedding model, and where it means something else it is announced."""
    put(store, fitted, invoices(40))
    run(fitted)
    assert emerge.look_when_due(fitted) == 1
    now = TopicFit.objects.get(state="published")
    model = "other" if forgotten == "another model" else now.embedding_model
    old = TopicFit.objects.create(project_id=fitted, state="retired", embedding_model=model)
    EmergingTopic.objects.update(fit=old)
    if forgotten == "long ago":
        EmergingTopic.objects.update(found_at=NOON - timedelta(days=500))
    if forgotten == "another want":
        turned = np.roll(np.frombuffer(bytes(EmergingTopic.objects.get().meaning), "<f4"), 1)
        EmergingTopic.objects.update(meaning=turned.tobytes())
    put(store, fitted, invoices(30, first=40))
    run(fitted)
    assert emerge.look_when_due(fitted) == 1
    assert EmergingTopic.objects.count() == 2
