"""New wants are looked for as conversations come in, and the next fit says what became of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

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


def invoices(count: int) -> list[object]:
    """So many conversations of a new want, each in other words and of another user, on the next day."""
    spans: list[object] = []
    for number in range(count):
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
