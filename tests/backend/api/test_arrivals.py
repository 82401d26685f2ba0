"""What came in, by API."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from backend.arrivals.counted import Addition, Counted, Outcome
from backend.arrivals.counting import add_counts
from backend.projects.models import ApiKey
from backend.review.models import ReviewItem
from tests.conftest import Cast


def test_days_and_reasons_are_told(whole: ReviewItem, cast: Cast, with_key: APIClient) -> None:
    """As on the page; in the last fourteen days where no number is given."""
    key = ApiKey.objects.get(public_key=cast.public_key)
    what = Counted(key.pk, timezone.now().date(), Outcome.REFUSED, "too_large")
    add_counts({what: Addition(2, timezone.now(), "body is 30 MiB")})
    told = with_key.get(reverse("api_arrivals")).json()
    assert [(day["spans"], day["refused"]) for day in told["days"]] == [(4, 2)]
    (reason,) = told["reasons"]
    assert (reason["reason"], reason["count"], reason["last_message"]) == ("too_large", 2, "body is 30 MiB")
    assert reason["keys"] == [cast.public_key]
    assert told["last_accepted_at"]


@pytest.mark.parametrize("days", ["0", "401", "x"])
def test_days_out_of_range_are_refused(cast: Cast, with_key: APIClient, days: str) -> None:
    """With the field named."""
    answer = with_key.get(reverse("api_arrivals"), {"days": days})
    assert (answer.status_code, "days" in answer.json()["error"]["fields"]) == (400, True)
