"""Prices by API: members read them, owners and keys that administer change them, strangers see nothing."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from backend.prices.models import ProjectPrice, Recompute
from backend.prices.setting import MOST
from backend.store.client import Store
from backend.store.rows import insert_block, span_rows
from ingest.prices import recomputing
from tests.analytics.pipeline.building import chat
from tests.backend.api.conftest import holding, signed_in_api
from tests.conftest import Cast

LIST = reverse("api_prices")
BODY = {"model": "house-.*", "since": "2026-01-01", "input": 0.5, "output": 1.5}
pytestmark = pytest.mark.django_db


@pytest.fixture
def price(cast: Cast) -> ProjectPrice:
    """One that is set."""
    return ProjectPrice.objects.create(project=cast.project, model="own-7b", since="2026-01-01", input=1, output=2)


@pytest.fixture
def calls(store: Store, cast: Cast) -> None:
    """A call of a model without a price and one whose client tells a cost, both begun an hour ago."""
    hour_ago = timezone.now() - timedelta(hours=1)
    priceless = {"request_model": "house-llm", "response_model": "", "cost_usd": None}
    spans = [
        *chat("a" * 32, "Hi", "Hello", at=hour_ago, environment="production", **priceless),
        *chat("b" * 32, "Hi", "Hello", at=hour_ago, environment="staging", client_cost_usd=0.003),
    ]
    insert_block(store, [span_rows(cast.project.pk, spans)])
    time.sleep(0.01)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("deed", ["set", "remove", "begin", "stop"])
def test_only_owners_and_keys_that_administer_change_them(
    cast: Cast, with_key: APIClient, price: ProjectPrice, deed: str
) -> None:
    """Members and keys that read look; a stranger learns nothing; nobody changed anything before the owner does."""
    running = Recompute.objects.create(
        project=cast.project, start="2026-09-01", end="2026-09-02", day="2026-09-01", author_name="x",
        state="running" if deed == "stop" else "done",
    )  # fmt: skip
    method, url, body, done = {
        "set": ("post", LIST, BODY, 201),
        "remove": ("delete", reverse("api_price", args=[price.pk]), None, 204),
        "begin": ("post", reverse("api_recomputes"), {"start": "2026-09-01", "end": "2026-09-03"}, 201),
        "stop": ("post", reverse("api_stop_recompute", args=[running.pk]), None, 200),
    }[deed]
    reads = [LIST, reverse("api_unpriced_models"), reverse("api_client_costs"), reverse("api_recomputes")]
    reads.append(reverse("api_recompute", args=[running.pk]))

    def sends(client: APIClient, slug: str = "") -> int:
        return int(getattr(client, method)(f"{url}?project={slug}" if slug else url, body, format="json").status_code)

    for client, slug, read, written in (
        (signed_in_api(cast.member), "acme", 200, 403),
        (signed_in_api(cast.stranger), "acme", 404, 404),
        (APIClient(), "acme", 401, 401),
        (holding(cast.project, "ingest", "read"), "", 200, 403),
        (holding(cast.project, "ingest"), "", 403, 403),
    ):
        assert {client.get(f"{one}?project={slug}").status_code for one in reads} == {read}
        assert sends(client, slug) == written
    foreign = holding(cast.stranger.memberships.get().project, "admin")
    assert foreign.get(reads[-1]).status_code == 404
    assert foreign.get(LIST).json()["own"] == []
    if deed in {"remove", "stop"}:
        assert sends(foreign) == 404
    assert (ProjectPrice.objects.count(), Recompute.objects.filter(state=running.state).count()) == (1, 1)
    assert sends(signed_in_api(cast.owner), "acme") == done


@pytest.mark.usefixtures("store")
def test_a_price_is_set_replaced_and_removed(cast: Cast, with_key: APIClient) -> None:
    """Replaced is what has the same pattern and day, whole: a figure that is not told again is gone."""
    made = with_key.post(LIST, {**BODY, "cached_input": 0.1}, format="json")
    assert (made.status_code, made.json()["cached_input"], made.json()["author_name"]) == (201, 0.1, cast.public_key)
    again = with_key.post(LIST, {**BODY, "input": 0.75}, format="json")
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    assert (again.json()["input"], again.json()["cached_input"]) == (0.75, None)
    assert with_key.post(LIST, {**BODY, "since": "2026-02-01"}, format="json").status_code == 201
    own = with_key.get(LIST).json()["own"]
    assert [(one["model"], one["since"]) for one in own] == [("house-.*", "2026-02-01"), ("house-.*", "2026-01-01")]
    gone = reverse("api_price", args=[made.json()["id"]])
    assert [with_key.delete(gone).status_code for _ in range(2)] == [204, 404]
    assert len(with_key.get(LIST).json()["own"]) == 1


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"model": "house-("}, "model", "no regular expression of RE2: missing ): house-("),
        ({"model": "a(?=b)"}, "model", "no regular expression of RE2"),
        ({"model": ""}, "model", "may not be blank"),
        ({"model": "x" * 201}, "model", "200 characters"),
        ({"model": "a\x00"}, "model", "Null characters"),
        ({"input": -1}, "input", "greater than or equal to 0"),
        ({"input": "nan"}, "input", "valid number"),
        ({"output": 1e9}, "output", "less than or equal to 1000000"),
        ({"output": None}, "output", "may not be null"),
        ({"audio_input": "much"}, "audio_input", "valid number"),
        ({"since": "2199-01-01"}, "since", "2199-01-01 is no day for a price to begin"),
        ({"since": "2014-12-31"}, "since", "must be from 2015-01-01"),
        ({"since": "tomorrow"}, "since", "wrong format"),
    ],
)
def test_what_cannot_be_a_price_is_refused_by_field(
    with_key: APIClient, wrong: dict[str, Any], field: str, says: str
) -> None:
    """With a 400 that says what and where; nothing is kept."""
    answer = with_key.post(LIST, {**BODY, **wrong}, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
    assert says in answer.json()["error"]["fields"][field][0]
    assert not ProjectPrice.objects.exists()


@pytest.mark.usefixtures("store")
def test_a_project_has_a_bounded_number_of_them(cast: Cast, with_key: APIClient) -> None:
    """One more is refused; one of those can still be replaced."""
    shared = {"project": cast.project, "since": "2026-01-01", "input": 1, "output": 1}
    ProjectPrice.objects.bulk_create(ProjectPrice(model=f"m{number}", **shared) for number in range(MOST))
    refused = with_key.post(LIST, BODY, format="json")
    assert (refused.status_code, "at most 200 prices" in refused.json()["error"]["message"]) == (400, True)
    assert with_key.post(LIST, {**BODY, "model": "m7"}, format="json").status_code == 200


@pytest.mark.usefixtures("store")
def test_the_public_list_is_searched_and_tells_which_price_holds(with_key: APIClient) -> None:
    """With source and day; a model without a price has none in force, and its own price comes first."""
    told = with_key.get(LIST, {"search": "gpt-4o-mini", "model": "openai/gpt-4o-mini", "on": "2026-01-01"}).json()
    (now,) = [one for one in told["listed"] if one["model"].startswith("gpt-4o-mini(") and not one["until"]]
    assert (now["input"], now["cached_input"], now["source"]) == (0.15, 0.075, "https://openai.com/api/pricing")
    assert now["checked"] == "2025-11-01"
    assert len(told["listed"]) < len(with_key.get(LIST).json()["listed"])
    assert (told["in_force"]["input"], told["in_force"]["is_own"]) == (0.15, False)
    assert with_key.get(LIST, {"model": "house-llm"}).json()["in_force"] is None
    with_key.post(LIST, BODY, format="json")
    found = with_key.get(LIST, {"model": "House-LLM"}).json()["in_force"]
    assert (found["model"], found["input"], found["is_own"]) == ("house-.*", 0.5, True)
    assert with_key.get(LIST, {"model": "x", "on": "soon"}).status_code == 400


@pytest.mark.usefixtures("calls")
def test_unpriced_models_are_told_with_their_volume(with_key: APIClient) -> None:
    """In the range and environment that is asked for."""
    url = reverse("api_unpriced_models")
    (told,) = with_key.get(url).json()["models"]
    assert told == {
        "provider": "openai", "model": "house-llm", "spans": 1, "input_tokens": 100, "output_tokens": 20
    }  # fmt: skip
    assert with_key.get(url, {"environment": "staging"}).json() == {"models": []}
    assert with_key.get(url, {"end": "2026-01-01T00:00:00Z"}).json() == {"models": []}


@pytest.mark.usefixtures("calls")
def test_costs_of_clients_are_compared(with_key: APIClient) -> None:
    """Only calls whose client told one."""
    url = reverse("api_client_costs")
    (told,) = with_key.get(url).json()["models"]
    assert (told["model"], told["spans"], told["unpriced"]) == ("gpt-4o-2024-08-06", 1, 0)
    assert (told["client_cost_usd"], told["cost_usd"]) == (pytest.approx(0.003), pytest.approx(0.002))
    assert with_key.get(url, {"environment": "production"}).json() == {"models": []}
    assert with_key.get(url, {"start": "x"}).status_code == 400


@pytest.mark.usefixtures("calls")
def test_a_recompute_is_begun_watched_and_tells_what_changed(cast: Cast, with_key: APIClient) -> None:
    """The calls of the unpriced model cost something afterwards."""
    with_key.post(LIST, BODY, format="json")
    today = timezone.now().date()
    period = {"start": (today - timedelta(days=2)).isoformat(), "end": (today + timedelta(days=1)).isoformat()}
    begun = with_key.post(reverse("api_recomputes"), period, format="json")
    assert (begun.status_code, begun.json()["state"], begun.json()["days"]) == (201, "running", 3)
    assert with_key.post(reverse("api_recomputes"), period, format="json").status_code == 400
    Recompute.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    recomputing.advance(cast.project.pk)
    told = with_key.get(reverse("api_recompute", args=[begun.json()["id"]])).json()
    assert (told["state"], told["days_done"], told["calls"], told["changed"]) == ("done", 3, 2, 2)
    house = next(one for one in told["models"] if one["model"] == "house-llm")
    assert (house["before_usd"], house["after_usd"]) == (0, pytest.approx(80e-6))
    assert (house["unpriced_before"], house["unpriced_after"]) == (1, 0)
    (listed,) = with_key.get(reverse("api_recomputes")).json()["recomputes"]
    assert (listed["id"], "models" in listed, listed["after_usd"]) == (told["id"], False, told["after_usd"])
    assert with_key.get(reverse("api_unpriced_models")).json() == {"models": []}
    stopped = with_key.post(reverse("api_stop_recompute", args=[told["id"]]))
    assert (stopped.status_code, "is done" in stopped.json()["error"]["message"]) == (400, True)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    "body",
    [{}, {"start": "2026-01-02", "end": "2026-01-01"}, {"start": "2024-01-01", "end": "2026-01-01"},
     {"start": "2026-01-01", "end": "2199-01-01"}, {"start": "x", "end": "2026-01-01"}],
    ids=["none", "backwards", "too long", "to come", "no day"],
)  # fmt: skip
def test_days_that_cannot_be_recomputed_are_refused(with_key: APIClient, body: dict[str, Any]) -> None:
    """With a 400 in words."""
    answer = with_key.post(reverse("api_recomputes"), body, format="json")
    assert (answer.status_code, Recompute.objects.count()) == (400, 0)
    assert answer.json()["error"]["message"]
