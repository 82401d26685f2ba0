"""The page of prices: models without one, own prices that owners set and remove, recomputes, clients' costs, lists."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from backend.errors import StoreAway
from backend.prices.models import ProjectPrice, Recompute
from backend.prices.setting import MOST
from backend.store.client import Store
from frontend.pages import prices as page
from ingest.prices import recomputing
from ingest.prices.table import prices
from tests.analytics.pipeline.building import put
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, insert, turn
from tests.frontend.pages.sent import exchange, three

PAGE = "/p/acme/settings/prices"
FORM = {"model": "house-.*", "since": "2026-01-01", "input": "0.5", "output": "1.5", "cached_input": "0.0375"}
SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def _shown(client: Client, path: str = PAGE) -> str:
    """A page as it reads: no tags, one blank between words."""
    text = client.get(path).content.decode()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def _href(text: str, words: str) -> str:
    found = re.search(rf'href="([^"]*)"[^>]*>{words}', text)
    assert found is not None
    return html.unescape(found[1])


@pytest.fixture
def sample(cast: Cast, store: Store) -> None:
    """Three traces, of which one called a model that no list knows."""
    three(store, cast.project.pk)
    insert(store, cast.project.pk, "turn", [turn("t2.0", "c1", 5, unpriced_spans=1)])
    time.sleep(0.01)  # the store keeps the row that came last, by the microsecond


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("path", ["/p/acme/", PAGE])
def test_an_unpriced_model_stands_with_its_volume(cast: Cast, signed_in: SignIn, path: str) -> None:
    """On the overview and on this page; owners get a link that fills the form, members none."""
    owner = signed_in(cast.owner)
    assert "house-llm openai 1 100 20" in _shown(owner, path)
    filled = owner.get(_href(owner.get(path).content.decode(), "Set a price").partition("#")[0]).content.decode()
    assert 'name="model" type="text" value="house-llm"' in filled
    shown = _shown(signed_in(cast.member), path)
    assert "house-llm openai 1 100 20" in shown
    assert "Set a price" not in shown
    assert "house-llm openai" not in _shown(owner, f"{path}?env=staging")


def test_a_name_with_signs_is_filled_in_as_itself(cast: Cast, store: Store, signed_in: SignIn) -> None:
    """What means something in a pattern is escaped, and in an address; a model without a name gets no link."""
    odd = "house+llm (v1.5)&x"
    put(store, cast.project.pk, exchange("t1", request_model=odd, response_model="", cost_usd=None))
    put(store, cast.project.pk, exchange("t2", request_model="", response_model="", cost_usd=None))
    owner = signed_in(cast.owner)
    text = owner.get(PAGE).content.decode()
    assert "a price needs a name" in text
    filled = html.unescape(owner.get(_href(text, "Set a price").partition("#")[0]).content.decode())
    value = r"house\+llm \(v1\.5\)&x"
    assert f'value="{value}"' in filled
    assert owner.post(f"{PAGE}/set", FORM | {"model": value}).status_code == 302
    now = timezone.now().date()
    begun = recomputing.begin(cast.project, now - timedelta(days=1), now + timedelta(days=1), "x")
    Recompute.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    time.sleep(0.01)
    recomputing.advance(cast.project.pk)
    begun.refresh_from_db()
    assert [one["model"] for one in begun.changes if not one["unpriced_after"]] == [odd]


@pytest.mark.usefixtures("store")
def test_owner_and_member_see_it_and_a_stranger_does_not(cast: Cast, signed_in: SignIn) -> None:
    """Only owners see what changes prices, and only they may."""
    price = ProjectPrice.objects.create(project=cast.project, model="own-7b", since="2026-01-01", input=1, output=2)
    running = Recompute.objects.create(
        project=cast.project, start="2026-09-01", end="2026-09-03", day="2026-09-01", author_name="x"
    )
    recompute = f"{PAGE}/recomputes/{running.pk}"
    deeds = {
        f"{PAGE}/set": FORM,
        f"{PAGE}/{price.pk}/remove": {},
        f"{PAGE}/recomputes": {"start": "2026-09-01", "last": "2026-09-02"},
        f"{recompute}/stop": {},
    }
    owner, member, stranger = (signed_in(one) for one in (cast.owner, cast.member, cast.stranger))
    for who, status in ((owner, 200), (member, 200), (stranger, 404), (Client(), 302)):
        assert [who.get(path).status_code for path in (PAGE, recompute)] == [status, status]
    for words in ("Set the price", "Recompute these days", "Remove"):
        assert words in _shown(owner)
        assert words not in _shown(member)
    assert "own-7b" in _shown(member)
    assert "Stop" in _shown(owner, recompute)
    assert "Stop" not in _shown(member, recompute)
    for path, sent in deeds.items():
        assert member.post(path, sent).status_code == 403
        assert stranger.post(path, sent).status_code == 404
        assert Client().post(path, sent).status_code == 302
        assert owner.get(path).status_code == 405
    assert stranger.get(recompute.replace("acme", "elsewhere")).status_code == 404
    assert (ProjectPrice.objects.count(), Recompute.objects.get().state) == (1, "running")


@pytest.mark.usefixtures("store")
def test_a_price_is_set_changed_and_removed(cast: Cast, signed_in: SignIn) -> None:
    """In full digits; the form is filled with a price to change it; the days since then are offered to recompute."""
    owner = signed_in(cast.owner)
    assert "None yet. Set one" in _shown(owner)
    answer = owner.post(f"{PAGE}/set", FORM)
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?since=2026-01-01#recompute")
    after = owner.get(f"{PAGE}?since=2026-01-01").content.decode()
    assert 'name="start" type="date" value="2026-01-01"' in after
    assert "house-.* 2026-01-01 $0.50 $0.0375 as input $1.50" in _shown(owner)
    assert "owner@example.com" in _shown(owner)
    price = ProjectPrice.objects.get()
    form = owner.get(f"{PAGE}?price={price.pk}").content.decode()
    for name, value in (("model", "house-.*"), ("cached_input", "0.0375"), ("audio_input", "")):
        assert re.search(rf'name="{name}" type="\w+" value="{re.escape(value)}"', form)
    owner.post(f"{PAGE}/set", FORM | {"input": "0.75", "cached_input": ""})
    price.refresh_from_db()
    assert (price.input, price.cached_input, ProjectPrice.objects.count()) == (0.75, None, 1)
    assert owner.post(f"{PAGE}/{price.pk}/remove").status_code == 302
    assert "removed. What is stored keeps its cost" in _shown(owner)
    assert owner.post(f"{PAGE}/{price.pk}/remove").status_code == 404


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"model": "house-("}, "is no regular expression of RE2: missing )"),
        ({"model": ""}, "cannot be blank"),
        ({"model": "m" * 201}, "at most 200 characters"),
        ({"since": "2199-01-01"}, "2199-01-01 is no day for a price to begin"),
        ({"since": "soon"}, "This must be a day"),
        ({"input": ""}, "cannot be null"),
        ({"output": "-1"}, "-1 is no price"),
        ({"audio_input": "nan"}, "nan is no price"),
        ({"cache_write": "1,5"}, "'1,5' is no number"),
    ],
)
def test_what_cannot_be_a_price_stays_in_the_form(
    cast: Cast, signed_in: SignIn, wrong: dict[str, str], says: str
) -> None:
    """With the reason at its field; nothing is kept."""
    answer = signed_in(cast.owner).post(f"{PAGE}/set", FORM | {"model": "kept-.*"} | wrong)
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 400
    assert "Nothing was changed" in text
    ((name, value),) = wrong.items()
    assert re.search(rf'id="{name}-note">[^<]*{re.escape(says)}', text)
    assert f'name="{name}" type="{"date" if name == "since" else "text"}" value="{value}"' in text
    assert 'value="0.0375"' in text
    assert not ProjectPrice.objects.exists()


@pytest.mark.usefixtures("store")
def test_hostile_texts_stay_texts_and_one_too_many_is_refused(cast: Cast, signed_in: SignIn) -> None:
    """Wherever they come from."""
    shared = {"project": cast.project, "since": "2026-01-01", "input": 1, "output": 1}
    ProjectPrice.objects.bulk_create(ProjectPrice(model=f"{HOSTILE}{number}", **shared) for number in range(MOST))
    owner = signed_in(cast.owner)
    refused = owner.post(f"{PAGE}/set", FORM | {"model": HOSTILE.replace("{{ x }}", "")})
    assert (refused.status_code, "at most 200 prices" in refused.content.decode()) == (400, True)
    for answer in (refused, owner.get(PAGE, {"search": HOSTILE, "model": HOSTILE, "since": HOSTILE, "price": "٣"})):
        assert "<script>alert" not in answer.content.decode()


@pytest.mark.usefixtures("sample")
def test_a_recompute_is_watched_and_tells_what_changed(cast: Cast, signed_in: SignIn) -> None:
    """Sum before and after, by model too; the page polls while it runs; the model is unpriced no longer."""
    owner = signed_in(cast.owner)
    owner.post(f"{PAGE}/set", FORM)
    today = timezone.now().date()
    days = {"start": str(today - timedelta(days=1)), "last": str(today)}
    answer = owner.post(f"{PAGE}/recomputes", days)
    begun = Recompute.objects.get()
    path = f"{PAGE}/recomputes/{begun.pk}"
    assert (answer.status_code, answer["Location"]) == (302, path)
    assert "Days done 0 of 2" in _shown(owner, path)
    assert "0 of 2 days" in _shown(owner)
    part = owner.get(f"{path}?part=1").content.decode()
    assert 'hx-trigger="every 2s"' in part
    assert "<html" not in part
    Recompute.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    recomputing.advance(cast.project.pk)
    part = owner.get(f"{path}?part=1").content.decode()
    assert "hx-trigger" not in part
    shown = _shown(signed_in(cast.member), path)
    assert "house-llm openai 1 1 $0 1 without a price $0.000080 +$0.000080" in shown
    assert "Without a price before 1 call Without a price after 0 calls" in shown
    assert "house-llm" not in _shown(owner, "/p/acme/").partition("Models without a price")[2]
    assert "None: every call of this period" in _shown(owner)


@pytest.mark.usefixtures("store")
def test_days_that_cannot_be_recomputed_are_refused_and_one_is_stopped(cast: Cast, signed_in: SignIn) -> None:
    """In words; a stopped one says by whom."""
    owner = signed_in(cast.owner)
    for wrong in (
        {"start": "2026-09-02", "last": "2026-08-01"}, {"start": "x", "last": "2026-09-02"},
        {"start": "2026-09-01", "last": "9999-12-31"}, {"start": "2024-01-01", "last": "2026-09-02"}, {},
    ):  # fmt: skip
        assert owner.post(f"{PAGE}/recomputes", wrong).status_code == 400
    owner.post(f"{PAGE}/recomputes", {"start": "2026-09-01", "last": "2026-09-02"})
    path = f"{PAGE}/recomputes/{Recompute.objects.get().pk}"
    assert owner.post(f"{path}/stop").status_code == 302
    assert "stopped by owner@example.com" in _shown(owner, path)
    assert owner.post(f"{path}/stop").status_code == 400


def test_costs_of_clients_stand_beside_ours(cast: Cast, store: Store, signed_in: SignIn) -> None:
    """With the difference; a model without a price here has none."""
    put(store, cast.project.pk, exchange("t1", client_cost_usd=0.001))
    priceless = {"request_model": "house-llm", "response_model": "", "cost_usd": None}
    put(store, cast.project.pk, exchange("t2", client_cost_usd=0.5, **priceless))
    shown = _shown(signed_in(cast.member))
    assert "gpt-4o-2024-08-06 openai 1 $0.0010 $0.0020" in shown
    assert "100% more" in shown
    assert "house-llm openai 1 – unpriced – 1" in shown
    assert "No client told a cost" in _shown(signed_in(cast.member), f"{PAGE}?env=staging")


@pytest.mark.usefixtures("store")
def test_public_prices_are_searched(cast: Cast, signed_in: SignIn) -> None:
    """With source and day; what is not there says what to do."""
    member = signed_in(cast.member)
    whole, found = _shown(member), _shown(member, f"{PAGE}?search=claude-sonnet-4-5")
    assert f"{len(prices())} prices." in whole
    assert "gpt-4o-2024-05-13" in whole
    assert "gpt-4o-2024-05-13" not in found
    assert "$3.00 $0.30 $3.75 an hour $6.00 $15.00" in found
    assert "as of 2025-11-01" in found
    assert "No public price for this" in _shown(member, f"{PAGE}?search=house-llm")


def test_the_page_stands_while_the_store_is_away(
    cast: Cast, store: Store, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prices can be set all the same."""

    def away(*_: object) -> None:
        raise StoreAway("not now")

    monkeypatch.setattr(page, "unpriced_rows", away)
    monkeypatch.setattr(page, "client_costs", away)
    shown = _shown(signed_in(cast.owner))
    assert shown.count("The store cannot say now.") == 2
    assert "Set the price" in shown
