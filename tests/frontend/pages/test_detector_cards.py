"""Each detector has a card with its measured figures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client

from analytics.detectors.catalogue import detectors
from analytics.evaluate import cards
from analytics.pipeline.score import scores
from backend.accounts.models import User
from tests.conftest import Cast

SignIn = Callable[[User], Client]
PAGE = "/p/acme/analysis/detectors"
pytestmark = pytest.mark.usefixtures("store")


def test_every_detector_has_a_card_that_says_what_it_finds(cast: Cast, signed_in: SignIn) -> None:
    """With figures, or the plain word that there are none."""
    text = signed_in(cast.member).get(PAGE).content.decode()
    for name, one in detectors().items():
        assert f'id="{name}"' in text
        assert one.severity in text
    assert "flags in 1,000 ordinary turns" in text
    for name, score in scores().items():
        assert re.search(rf'id="{name}".*?low below {score.low}<', text, re.DOTALL)
    assert not re.search(r"<p>\s*(<[^>]*>)?\s*·", text), "a dot that parts nothing"
    assert text.count(">experimental<") == sum(one.experimental for one in scores().values()) > 0


def test_figures_are_those_of_the_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    """False flags are pooled over ordinary sets; figures of an older version are said to be so."""
    row = {
        "set": "s", "about": "Labels.", "ordinary": False, "version": "0", "threshold": 0.5, "positives": 10,
        "negatives": 10, "unjudged": 0, "precision": [0.9, 0.6, 0.98], "recall": [0.8, 0.5, 0.95],
        "false": [0.1, 0, 0.4], "f1": 0.85, "auroc": None, "recall_at": {},
        "groups": {"family": [0.5, 0.1, 0.9]}, "ms": 0.2,
    }  # fmt: skip
    plain = {**row, "ordinary": True, "precision": None, "recall": None, "groups": {}, "ms": 0.5}
    ordinary = [{**plain, "negatives": 300, "false": [0.01, 0, 1]}, {**plain, "negatives": 100, "false": [0.02, 0, 1]}]
    monkeypatch.setattr(cards, "read", lambda: {"empty": [row, *ordinary]})
    card = next(one for one in cards.cards() if one.name == "empty")
    assert card.ordinary
    assert (card.ordinary.n, round(card.ordinary.value, 4)) == (400, 0.0125)
    assert card.per_1000.startswith("12.5 [")
    assert (card.ms, card.measured, card.is_stale) == (0.5, "0", True)
    assert not replace(card, measured=card.version).is_stale
    (figures,) = card.sets
    assert figures.precision and figures.precision.value == 0.9
    assert figures.auroc is None
    assert figures.groups[0][0] == "family"


def test_who_may_look(cast: Cast, signed_in: SignIn) -> None:
    """Members may, strangers learn nothing."""
    assert signed_in(cast.owner).get(PAGE).status_code == 200
    assert signed_in(cast.stranger).get(PAGE).status_code == 404
    assert Client().get(PAGE).status_code == 302


def test_what_was_measured_can_be_read() -> None:
    """The files that the evaluation wrote have the form that the cards read."""
    folder = Path(cards.__file__).parent / "results"
    assert all(isinstance(json.loads(path.read_text()), list) for path in folder.glob("*.json"))
    assert any(card.sets for card in cards.cards())
