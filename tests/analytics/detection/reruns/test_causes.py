"""Causes rest on flags, so they follow what a re-run changes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from analytics.detection import rerun
from analytics.pipeline.score import ScoreTurns
from backend.projects.models import Project
from tests.analytics.detection.reruns.conftest import Ask, begin, go


def test_causes_follow_the_flags_a_few_traces_at_a_time(
    project: Project, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that lost the flag has it for a reason no more; a worker out of time leaves the rest to the next."""
    monkeypatch.setattr(rerun, "_FOLLOWED_AT_ONCE", 1)
    ScoreTurns().run(project.pk, [f"t{place}" for place in range(6)])
    by_flag = (
        "SELECT turn_id FROM score FINAL WHERE name = 'cause' AND explanation LIKE '%flagged as moon%' ORDER BY turn_id"
    )
    before = ask(by_flag)
    assert before == [("t3.0",), ("t4.0",), ("t5.0",)]
    one = go(begin(project, 0.9))
    with monkeypatch.context() as patch:
        patch.setattr(rerun, "time", SimpleNamespace(monotonic=iter([0.0, 0.0, 30.0, 30.0]).__next__))
        one = go(one, "switched on")
    assert (one.state, one.cursor) == ("switching", "t3")
    one = go(one)
    assert one.state == "on"
    assert ask(by_flag) == [("t5.0",)]
    go(one, "taken back")
    assert ask(by_flag) == before
