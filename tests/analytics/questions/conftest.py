"""Questions are asked about what the pipeline stored, or about what is planted."""

from __future__ import annotations

import pytest

from backend.store.client import Store
from backend.topics.models import Topic, TopicFit
from tests.analytics.pipeline.building import NOON
from tests.analytics.pipeline.conftest import forgetful, project, rows, run, words
from tests.analytics.questions.planting import Planted

__all__ = ["forgetful", "project", "rows", "run", "words"]


@pytest.fixture
def planted(project: int, store: Store) -> Planted:
    """Topics 1 Parcels, 2 Refunds and 3 Passwords of a published fit, without a conversation yet."""
    fit = TopicFit.objects.create(project_id=project, state="published", published_at=NOON)
    for number, name in enumerate(("Parcels", "Refunds", "Passwords"), start=1):
        Topic.objects.create(project_id=project, number=number, machine_name=name, fit=fit)
    return Planted(store, project, fit.pk)
