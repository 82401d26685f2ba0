"""Evaluations are no part of a run of tests: each is loaded, and those without labelled data are tried with little."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from tests.running import printed_by

NAMES = sorted(path.stem for path in (Path(__file__).parent / "evaluations").glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_an_evaluation_still_finds_what_it_measures(name: str) -> None:
    """What it imports of the product is still there under that name."""
    importlib.import_module(f"tests.evaluations.{name}")


@pytest.mark.slow
def test_causes_of_planted_faults_are_measured() -> None:
    """Most faults of a few conversations get their cause, and each kind gets a line."""
    printed = printed_by("tests.evaluations.planted_causes", "--conversations", "60")
    right, total = map(int, re.findall(r"with their cause: (\d+) of (\d+)", printed)[0])
    assert right >= 0.6 * total > 0
    assert len(re.findall(r"^good answers, wants", printed, re.MULTILINE)) == 2


def test_changes_of_topics_are_measured() -> None:
    """Both ways of looking get a line for each share of what changed."""
    assert printed_by("tests.evaluations.topic_changes", "--runs", "1").count("| as it is |") >= 3
