"""The stage of detectors that need vectors: its flags and those of the stage before it leave each other alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from analytics.detectors.base import Detector, Finding, Turn, Verdict
from analytics.pipeline.again import stage_of, with_followers
from analytics.pipeline.compare import Compare
from analytics.pipeline.detect import Detect
from analytics.pipeline.fill import WITHDRAWN
from backend.review.models import ReviewItem
from backend.store.client import Store
from tests.analytics.pipeline.building import chat, put

Ask = Callable[[str], list[tuple[Any, ...]]]
Go = Callable[[int], None]

_FLAGS = "SELECT turn_id, detector FROM flag FINAL ORDER BY turn_id, detector"


class Word(Detector):
    """Finds the word moon in the question."""

    name: ClassVar[str] = "word"
    version: ClassVar[str] = "1"
    severity: ClassVar[Any] = "low"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        assert turn.input_vector is None, "the early stage embeds nothing"
        return Finding(0.5, "The moon.", (turn.cite("input"),)) if "moon" in turn.input_text else None


class Meaning(Detector):
    """Finds an answer that says something else than the question."""

    name: ClassVar[str] = "meaning"
    version: ClassVar[str] = "1"
    severity: ClassVar[Any] = "low"
    needs_vectors: ClassVar[bool] = True

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        assert turn.input_vector is not None
        assert turn.output_vector is not None
        near = float(turn.input_vector @ turn.output_vector)
        return Finding(0.9, "Something else.", (turn.cite("output"),)) if near < 0.1 else None


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """One detector of each stage."""
    monkeypatch.setattr("analytics.detection.kinds.kinds", lambda: {"word": Word, "meaning": Meaning})
    monkeypatch.setattr("analytics.detectors.catalogue.kinds", lambda: {"word": Word, "meaning": Meaning})


def test_each_stage_flags_by_its_own_detectors(project: int, store: Store, run: Go, rows: Ask) -> None:
    """The early one embeds nothing; both keep a ledger, and causes come after both."""
    put(store, project, [*chat("a", "moon where", "sun there"), *chat("b", "moon where", "moon where")])
    run(project)
    assert rows(_FLAGS) == [("a.0", "meaning"), ("a.0", "word"), ("b.0", "word")]
    sql = "SELECT subject_id, outcome FROM ledger FINAL WHERE analyser = 'detector:meaning' ORDER BY subject_id"
    assert rows(sql) == [("a.0", "matched"), ("b.0", "ran")]
    assert (stage_of("detector:meaning"), stage_of("detector:word")) == ("compare", "detect")
    assert with_followers("detect") == ["detect", "review", "compare", "score"]


def test_a_stage_that_runs_again_keeps_the_flags_of_the_other(
    project: int, store: Store, run: Go, rows: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one no longer finds it takes back, and nothing else."""
    put(store, project, chat("a", "moon where", "sun there"))
    run(project)
    for stage in (Detect(), Compare(), Detect()):
        stage.run(project, ["a"])
        assert rows(_FLAGS) == [("a.0", "meaning"), ("a.0", "word")]
    monkeypatch.setattr(Meaning, "judge", lambda self, turn: None)
    Compare().run(project, ["a"])
    assert rows(_FLAGS) == [("a.0", "word")]
    monkeypatch.setattr(Word, "judge", lambda self, turn: None)
    Detect().run(project, ["a"])
    assert rows(_FLAGS) == []


def test_flags_of_a_detector_that_is_gone_are_taken_back(
    project: int, store: Store, run: Go, rows: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever stage it was of."""
    put(store, project, chat("a", "moon where", "sun there"))
    run(project)
    monkeypatch.setattr("analytics.detection.kinds.kinds", lambda: {"word": Word})
    Detect().run(project, ["a"])
    assert rows(_FLAGS) == [("a.0", "word")]


def test_a_late_flag_enters_the_review_queue_too(
    project: int, store: Store, run: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stage of review was there before it; a flag that is taken back closes the item."""
    put(store, project, [*chat("a", "where", "sun there"), *chat("b", "where", "where")])
    run(project)
    (item,) = ReviewItem.objects.filter(queue__project_id=project, origin="flag")
    assert (item.turn_id, item.reason) == ("a.0", "Meaning (low, 90% sure): Something else.")
    assert Compare().run(project, ["a", "b"]).get("items_added") is None
    monkeypatch.setattr(Meaning, "judge", lambda self, turn: None)
    assert Compare().run(project, ["a", "b"])["items_withdrawn"] == 1
    item.refresh_from_db()
    assert item.skip_reason == WITHDRAWN


def test_without_such_a_detector_nothing_is_embedded(
    project: int, store: Store, words: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project that compares nothing pays for nothing."""
    put(store, project, chat("a", "moon where", "sun there"))
    monkeypatch.setattr("analytics.detection.kinds.kinds", lambda: {"word": Word})
    assert Compare().run(project, ["a"]) == {"turns_judged": 0, "flags": 0}
    assert words.texts == []
