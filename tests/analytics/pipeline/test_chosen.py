"""Settings of a project: detectors off, with a threshold of its own, on a share of the turns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from analytics.detection.chosen import place_of
from analytics.detectors.base import Detector, Turn, Verdict
from analytics.pipeline.detect import Detect
from analytics.questions.health import analyser_health
from analytics.questions.scope import Range, Scope
from backend.accounts.models import User
from backend.detection.choices import Author, Choice, choices, choose
from backend.detection.models import SettingChange
from backend.errors import BadRequest
from backend.projects.models import Project
from backend.store.client import Store
from tests.analytics.pipeline.building import NOON, chat, put

Go = Callable[[int], None]
Ask = Callable[..., list[tuple[Any, ...]]]
_LEDGER = "SELECT subject_id, outcome, reason, analyser_version FROM ledger FINAL WHERE analyser = 'detector:moon'"


class Moon(Detector):
    """Finds the word moon, surer the more often."""

    name: ClassVar[str] = "moon"
    version: ClassVar[str] = "3"
    severity: ClassVar[Any] = "low"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        return self.grade(0.3 * turn.input_text.count("moon"), "The moon.", (turn.cite("input"),))


@pytest.fixture(autouse=True)
def moon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only detector."""
    monkeypatch.setattr("analytics.detection.kinds.kinds", lambda: {"moon": Moon})


def _set(project: int, **values: Any) -> bool:
    return choose(Project.objects.get(pk=project), "moon", Choice(**values), Author("somebody@example.com"))


def _around_noon(project: int) -> Scope:
    return Scope(project, Range(NOON - timedelta(hours=1), NOON + timedelta(hours=1)))


def test_a_threshold_of_the_project_decides_from_then_on(project: int, store: Store, run: Go, rows: Ask) -> None:
    """Turns that were judged before keep their flags; version and ledger name the threshold."""
    put(store, project, [*chat("a", "moon moon", "Yes."), *chat("b", "moon", "Yes.")])
    run(project)
    assert rows("SELECT turn_id, detector_version FROM flag FINAL") == [("a.0", "3")]
    assert _set(project, threshold=0.85)
    put(store, project, [*chat("c", "moon moon", "Yes."), *chat("d", "moon moon moon", "Yes.")])
    run(project)
    assert rows("SELECT turn_id, detector_version FROM flag FINAL ORDER BY turn_id") == [
        ("a.0", "3"),
        ("d.0", "3 from 0.85"),
    ]
    assert rows(f"{_LEDGER} AND subject_id = 'c.0'") == [("c.0", "ran", "", "3 from 0.85")]


def test_a_detector_that_is_off_judges_nothing_and_says_so(project: int, store: Store, run: Go, rows: Ask) -> None:
    """Nothing is silently not evaluated, and nothing waits for it."""
    _set(project, is_enabled=False)
    put(store, project, chat("a", "moon moon", "Yes."))
    run(project)
    assert rows("SELECT turn_id FROM flag FINAL") == []
    assert rows(_LEDGER) == [("a.0", "off", "switched off in the project's settings", "3")]
    (health,) = [one for one in analyser_health(_around_noon(project)) if one.analyser == "detector:moon"]
    assert (health.off, health.looked_at, health.waiting) == (1, 0, 0)


def test_a_share_of_the_turns_is_looked_at_and_the_others_are_named(
    project: int, store: Store, run: Go, rows: Ask
) -> None:
    """Which ones follows from their ids, so a second look takes the same."""
    names = [f"t{number}" for number in range(40)]
    taken = {f"{name}.0" for name in names if place_of(f"{name}.0") < 0.5}
    assert 8 < len(taken) < 32
    _set(project, share=0.5)
    put(store, project, [span for name in names for span in chat(name, "moon moon", "Yes.")])
    run(project)
    assert {turn_id for (turn_id,) in rows("SELECT turn_id FROM flag FINAL")} == taken
    left = {row[0] for row in rows(f"{_LEDGER} AND outcome = 'sampled_out' AND reason = 'looks at 0.5 of the turns'")}
    assert left == {f"{name}.0" for name in names} - taken
    Detect().run(project, names)
    assert {turn_id for (turn_id,) in rows("SELECT turn_id FROM flag FINAL")} == taken


def test_turns_of_a_small_share_are_in_any_larger_one() -> None:
    """A share that is raised loses no turn, and the shares are what they say."""
    places = [place_of(f"trace-{number}.0") for number in range(4000)]
    assert abs(sum(place < 0.1 for place in places) / 4000 - 0.1) < 0.015
    assert all(0 <= place < 1 for place in places)


def test_a_turn_that_is_judged_again_is_judged_as_chosen_now(project: int, store: Store, run: Go, rows: Ask) -> None:
    """A late span or a retry asks today's settings, and what they do not find is taken back."""
    put(store, project, chat("a", "moon moon", "Yes."))
    run(project)
    _set(project, is_enabled=False)
    assert Detect().run(project, ["a"])["flags"] == 0
    assert rows("SELECT turn_id FROM flag FINAL") == []


def test_each_change_is_kept_with_who_made_it(project: int, db: None) -> None:
    """A change that changes nothing is none."""
    owner = User.objects.get(email="owner@example.com")
    assert choose(Project.objects.get(pk=project), "moon", Choice(threshold=0.7), Author.of(owner))
    assert not _set(project, threshold=0.7)
    assert _set(project, threshold=0.7, share=0.25)
    assert choices(project) == {"moon": Choice(threshold=0.7, share=0.25)}
    last, first = SettingChange.objects.all()
    assert (first.author, first.author_name, first.before["threshold"], first.after["threshold"]) == (
        owner, "owner@example.com", None, 0.7,
    )  # fmt: skip
    assert (last.author, last.author_name, last.after["share"]) == (None, "somebody@example.com", 0.25)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"threshold": 0.0}, "threshold"),
        ({"threshold": 1.01}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"share": 0.0}, "share"),
        ({"share": 2.0}, "share"),
        ({"share": float("inf")}, "share"),
    ],
)
def test_what_cannot_be_set_is_refused_with_the_limit(values: dict[str, float], word: str) -> None:
    """The message names the field."""
    with pytest.raises(BadRequest, match=word):
        Choice(**values)
