"""Whether the analysis has caught up."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.pipeline import due
from analytics.pipeline.order import FIT, NAMES
from backend.jobs.models import Run, Stage
from backend.store.client import Store
from backend.topics.models import Topic, TopicFit
from tests.conftest import Cast
from tests.frontend.pages.conftest import insert, turn


@pytest.fixture(autouse=True)
def _afresh() -> None:
    due.forget()


def reach(cast: Cast) -> None:
    """As a worker that has done everything up to now."""
    for name in NAMES:
        Stage.objects.update_or_create(project=cast.project, name=name, defaults={"position": timezone.now()})


def test_an_empty_project_is_idle(store: Store, cast: Cast, with_key: APIClient) -> None:
    """Nothing came, so nothing waits; the stages are there by name."""
    found = with_key.get(reverse("api_status")).json()
    assert (found["is_idle"], found["topics"], found["newest"]) == (True, 0, None)
    assert [stage["name"] for stage in found["stages"]] == [*NAMES, FIT]


def test_what_waits_is_counted(trace: str, cast: Cast, with_key: APIClient) -> None:
    """A trace that no stage has seen; idle once all have."""
    found = with_key.get(reverse("api_status")).json()
    assert found["is_idle"] is False
    assert {stage["waiting"] for stage in found["stages"] if stage["name"] != FIT} == {1}
    assert found["stages"][0]["lag_s"] > 0
    reach(cast)
    assert with_key.get(reverse("api_status")).json()["is_idle"] is True


def test_enough_conversations_without_topics_are_not_idle(store: Store, cast: Cast, with_key: APIClient) -> None:
    """From thirty on topics are looked for; once they are published and counted it is quiet."""
    insert(store, cast.project.pk, "turn", [turn(f"t{place}.0", f"c{place}") for place in range(30)])
    reach(cast)
    assert with_key.get(reverse("api_status")).json()["is_idle"] is False
    fit = TopicFit.objects.create(
        project=cast.project, state="published", published_at=timezone.now(), conversations=30
    )
    Topic.objects.create(project=cast.project, number=1, machine_name="Late order", fit=fit)
    Topic.objects.create(project=cast.project, number=2, level=0, machine_name="Orders", fit=fit)
    found = with_key.get(reverse("api_status")).json()
    assert (found["is_idle"], found["topics"]) == (True, 1)


def test_what_a_run_could_not_do_is_told(store: Store, cast: Cast, with_key: APIClient) -> None:
    """In the words of the run."""
    stage = Stage.objects.create(project=cast.project, name="embed")
    Run.objects.create(stage=stage, state="failed", finished_at=timezone.now(), error="the model is away")
    stages = {one["name"]: one for one in with_key.get(reverse("api_status")).json()["stages"]}
    assert stages["embed"]["error"] == "the model is away"
    assert stages["embed"]["last_run"]
