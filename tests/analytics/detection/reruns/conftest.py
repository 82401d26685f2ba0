"""A detector that is run again over six turns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.utils import timezone

from analytics.detection import rerun, rerun_deeds
from analytics.detectors.base import Detector, Turn, Unjudged, Verdict
from analytics.pipeline.detect import Detect
from backend.detection.choices import Author, Choice
from backend.detection.models import Rerun
from backend.projects.models import Project
from backend.store.client import Store
from tests.conftest import Cast
from tests.frontend.pages.conftest import insert, turn

WHO = Author("owner@example.com")
Ask = Callable[[str], list[tuple[Any, ...]]]


class Moon(Detector):
    """Finds the word moon, surer the more often."""

    name: ClassVar[str] = "moon"
    version: ClassVar[str] = "3"
    severity: ClassVar[Any] = "low"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if "nothing" in turn.output_text:
            return Unjudged("nothing was recorded")
        if "sun" in turn.output_text and self.threshold < 0.5:
            raise ZeroDivisionError("too bright")
        return self.grade(0.25 * turn.output_text.count("moon"), "The moon.", (turn.cite("output"),))


@pytest.fixture(autouse=True)
def moon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only detector."""
    monkeypatch.setattr("analytics.detection.kinds.kinds", lambda: {"moon": Moon})


@pytest.fixture
def ask(store: Store) -> Ask:
    """Ask the store in plain SQL."""
    return lambda sql: [tuple(row) for row in store._client().query(sql).result_rows]


@pytest.fixture
def project(store: Store, cast: Cast) -> Project:
    """Six turns: none to four moons, and one that cannot be judged; the detector has flagged those from two on."""
    texts = ["nothing", *("moon " * moons or "stars" for moons in range(5))]
    rows = [turn(f"t{place}.0", output_text=text) for place, text in enumerate(texts)]
    insert(store, cast.project.pk, "turn", rows)
    Detect().run(cast.project.pk, [f"t{place}" for place in range(6)])
    return cast.project


def begin(project: Project, threshold: float | None = None, **fields: Any) -> Rerun:
    """Begin a re-run of the moon over a day."""
    now = timezone.now()
    choice = Choice(True, threshold, fields.pop("share", 1.0))
    return rerun_deeds.begin(project, "moon", choice, now - timedelta(days=1), now, WHO, **fields)


def go(one: Rerun, deed: str = "") -> Rerun:
    """Decide what is told, and let a worker go on."""
    if deed:
        rerun_deeds.decide(one, deed, WHO)
    rerun.advance(one.project_id)
    one.refresh_from_db()
    return one
