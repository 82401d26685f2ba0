"""Flags with the words they found, filtered and page by page."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from backend.review.models import ReviewItem
from backend.store.client import Store
from tests.conftest import Cast
from tests.frontend.pages.conftest import START as NOW
from tests.frontend.pages.conftest import flag, insert, nanos, turn


def test_a_flag_cites_its_words_as_json(whole: ReviewItem, with_key: APIClient) -> None:
    """With the ids of its turn, trace and conversation."""
    (found,) = with_key.get(reverse("api_flags")).json()["flags"]
    assert (found["detector"], found["severity"]) == ("refusal", "high")
    assert (found["turn_id"], found["trace_id"]) == ("a" * 32 + ".0", "a" * 32)
    assert found["conversation_id"] == "conversation-1"
    assert found["evidence"] == [{"span_id": "s1", "field": "output", "start": 9, "end": 17, "quote": "tomorrow"}]


@pytest.fixture
def many(store: Store, cast: Cast) -> None:
    """Two detectors' flags of five turns that began at the same moment."""
    turns = [f"t{place}.0" for place in range(5)]
    insert(store, cast.project.pk, "turn", [turn(one, "c", environment="staging") for one in turns[:1]])
    rows = [flag(one, detector, evidence="{", turn_time=nanos(NOW)) for one in turns for detector in ("empty", "error")]
    insert(store, cast.project.pk, "flag", rows)


def test_pages_follow_each_other(many: None, with_key: APIClient) -> None:
    """Each flag once, and an end; evidence that cannot be read is none."""
    seen, cursor = [], ""
    while True:
        page = with_key.get(reverse("api_flags"), {"limit": 3, "cursor": cursor}).json()
        seen += [(one["turn_id"], one["detector"]) for one in page["flags"]]
        assert all(one["evidence"] == [] for one in page["flags"])
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 10


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"detector": "error"}, 5),
        ({"detector": "none"}, 0),
        ({"trace_id": "t1"}, 2),
        ({"conversation_id": "c1"}, 10),
        ({"environment": "staging"}, 2),
        ({"end": "2020-01-02", "start": "2020-01-01"}, 0),
    ],
)
def test_filters_narrow(many: None, with_key: APIClient, query: dict[str, str], count: int) -> None:
    """By detector, trace, conversation, environment and time."""
    assert len(with_key.get(reverse("api_flags"), query).json()["flags"]) == count


@pytest.mark.parametrize("cursor", ["x", "!!", "W10"])
def test_a_foreign_cursor_is_refused(store: Store, with_key: APIClient, cursor: str) -> None:
    """With what to do."""
    answer = with_key.get(reverse("api_flags"), {"cursor": cursor})
    assert answer.status_code == 400
    assert "start again" in answer.json()["error"]["message"]
