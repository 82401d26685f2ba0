"""The trace list: who may open it, what the address means, what a row says, what goes to review."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from django.http import HttpResponse
from django.test import Client

from analytics.questions.facets import FACETS
from backend.accounts.models import User
from backend.projects.models import Project
from backend.review.models import ReviewItem
from backend.store.client import Store
from tests.analytics.pipeline.building import put
from tests.conftest import Cast
from tests.frontend.pages.conftest import START, flag, insert, turn
from tests.frontend.pages.sent import exchange, three

SignIn = Callable[[User], Client]
LIST = "/p/acme/traces"
SINCE = (START - timedelta(minutes=1)).isoformat().replace("+", "%2B")
FRAGMENTS = [f"/p/acme/trace-count?since={SINCE}", f"/p/acme/trace-news?seen=0&since={SINCE}"]
PLACES = [LIST, "/p/acme/trace-facets/status", *FRAGMENTS]


@pytest.fixture
def member(store: Store, cast: Cast, signed_in: SignIn) -> Client:
    """A member at the list of three traces."""
    three(store, cast.project.pk)
    return signed_in(cast.member)


def listed(answer: HttpResponse) -> list[str]:
    """Trace ids of the rows, from the top."""
    return re.findall(r'<tr data-trace="([^"]*)"', answer.content.decode())


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("member", 200), ("stranger", 404)])
def test_members_see_the_list_and_strangers_find_nothing(
    store: Store, cast: Cast, signed_in: SignIn, place: str, who: str, status: int
) -> None:
    """The page and each of its fragments."""
    assert signed_in(getattr(cast, who)).get(place).status_code == status


@pytest.mark.parametrize("place", PLACES)
def test_nobody_is_sent_to_sign_in(cast: Cast, place: str) -> None:
    """Also by a fragment."""
    answer = Client().get(place)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in")


def test_the_newest_trace_comes_first(member: Client) -> None:
    """Unless another order is asked for."""
    assert listed(member.get(LIST)) == ["t3", "t2", "t1"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("status:error", ["t3"]),
        ("has:flag", ["t2"]),
        ("swap", ["t2"]),
        ("-status:error model:gpt*", ["t1"]),
        ("tool:find_order&q=user:cust_1", ["t2"]),
        ("conversation:c1", ["t2", "t1"]),
    ],
)
def test_the_search_in_the_address_filters(member: Client, search: str, found: list[str]) -> None:
    """All tokens must hold, also those of several fields of one form."""
    assert listed(member.get(f"{LIST}?q={search}")) == found


def test_a_token_that_means_nothing_is_shown_with_its_reason(member: Client) -> None:
    """It is never dropped in silence, and the others still hold."""
    page = member.get(f"{LIST}?q=status:broken+has:flag+topic:gone")
    text = page.content.decode()
    assert listed(page) == ["t2"]
    assert text.count('class="token" data-invalid') == 2
    assert "status is one of ok, error" in text
    assert "there is no such topic" in text


def test_each_chip_can_be_taken_away(member: Client) -> None:
    """Its link is the search without it."""
    text = member.get(f"{LIST}?q=status:error+has:flag").content.decode()
    assert 'href="?q=has%3Aflag" aria-label="Remove status:error"' in text


def test_a_call_without_a_price_is_said_to_have_none(member: Client) -> None:
    """Unpriced is never shown as free."""
    text = member.get(f"{LIST}?q=model:house-llm").content.decode()
    assert "no price" in text
    assert "$0<" not in text


def test_hostile_text_is_printed_as_text(member: Client) -> None:
    """In names, previews, ids and errors."""
    text = member.get(f"{LIST}?cols=topic,latency,cost,model,environment").content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "&amp;lt;" not in text, "escaped twice"


def test_all_rows_are_reached_page_by_page_without_script(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Each once, the last page has no further link."""
    put(store, cast.project.pk, [span for at in range(120) for span in exchange(f"n{at:03}", at / 10)])
    client, href, seen = signed_in(cast.owner), LIST, []
    for _ in range(3):
        page = client.get(href)
        seen += listed(page)
        found = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        href = LIST + found[1].replace("&amp;", "&") if found else ""
    assert seen == [f"n{at:03}" for at in reversed(range(120))]
    assert not href


@pytest.mark.parametrize("bad", ["sort=colour", "cursor=!!", "range=1y", "from=yesterday"])
def test_an_address_that_cannot_be_read_says_so(member: Client, bad: str) -> None:
    """With a page, not with a fault of ours."""
    assert member.get(f"{LIST}?{bad}").status_code == 400


def test_a_lens_is_current_when_its_search_is_the_page(member: Client) -> None:
    """The presets are searches in the address and nothing else."""
    text = member.get(f"{LIST}?q=has:flag").content.decode()
    current = re.findall(r'<a class="tab"[^>]*aria-current="page"[^>]*>(?:<svg.*?</svg>)?([^<]*)', text)
    assert current == ["Flagged"]


def test_chosen_columns_stay_chosen(member: Client) -> None:
    """For the person who chose, until chosen otherwise."""
    assert 'class="num col-cost"' in member.get(LIST).content.decode()
    member.get(f"{LIST}?cols=environment")
    text = member.get(LIST).content.decode()
    assert 'class="num col-cost"' not in text
    assert 'class="col-environment"' in text


def test_a_facet_counts_and_toggles_its_value(member: Client) -> None:
    """Choosing adds the token, choosing again takes it out, and other words of the search stay."""
    text = member.get("/p/acme/trace-facets/status?q=parcel").content.decode()
    assert 'href="/p/acme/traces?q=parcel+status%3Aok"' in text
    text = member.get("/p/acme/trace-facets/status?q=parcel+status:ok").content.decode()
    assert 'href="/p/acme/traces?q=parcel" aria-current="true"' in text


@pytest.mark.parametrize("name", list(FACETS))
def test_every_facet_answers(member: Client, name: str) -> None:
    """Also where nothing has a value, and hostile values stay text."""
    answer = member.get(f"/p/acme/trace-facets/{name}")
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


def test_a_facet_that_does_not_exist_is_not_found(member: Client) -> None:
    """A name from the address reaches no SQL."""
    assert member.get("/p/acme/trace-facets/colour").status_code == 404


def test_a_facet_opens_without_script(member: Client) -> None:
    """By the link that stands in its place."""
    text = member.get(f"{LIST}?facet=tool").content.decode()
    assert "find_order" in text


def test_the_count_says_what_it_covers(member: Client) -> None:
    """How many, that a search limits them, which time and which environment."""
    text = member.get(f"/p/acme/trace-count?q=conversation:c1&range=24h&env=production&since={SINCE}").content.decode()
    assert "<strong>2 traces</strong> that fit · Last 24 hours · production" in text


def test_the_live_tail_announces_what_came_since(member: Client, store: Store, cast: Cast) -> None:
    """Counted, not guessed: a trace that began before the newest and came late is new too."""
    text = member.get(f"/p/acme/trace-count?live=1&range=24h&since={SINCE}").content.decode()
    news = re.search(r'hx-get="([^"]+)" hx-trigger="every 5s"', text)
    assert news
    href = news[1].replace("&amp;", "&")
    assert "new trace" not in member.get(href).content.decode().replace("waiting for new traces", "")
    put(store, cast.project.pk, exchange("late", 7))
    assert "1 new trace" in member.get(href).content.decode()


@pytest.mark.parametrize("query", ["seen=x&since=2026-01-01T00:00Z", "seen=1&since=now", "seen=1&since=2026-01-01"])
def test_news_of_nonsense_is_refused(member: Client, query: str) -> None:
    """Numbers are numbers and times have a zone."""
    assert member.get(f"/p/acme/trace-news?{query}").status_code == 400


def test_chosen_traces_go_to_review_once(member: Client, cast: Cast) -> None:
    """Their turns come into the queue; asking again adds nothing and says so."""
    sent = {"trace": ["t1", "t2", "t3"], "back": "?q=parcel"}
    answer = member.post("/p/acme/trace-review", sent)
    assert answer["Location"] == f"{LIST}?q=parcel"
    assert set(ReviewItem.objects.values_list("turn_id", flat=True)) == {"t1.0", "t2.0"}
    assert ReviewItem.objects.first().reason == "member@example.com asked for it."  # type: ignore[union-attr]
    again = member.post("/p/acme/trace-review", sent, follow=True)
    assert "0 turns added to “Flagged answers”, 2 already there, 1 trace holds no answer" in again.content.decode()
    assert ReviewItem.objects.count() == 2


def test_review_is_closed_to_strangers_and_to_foreign_traces(member: Client, cast: Cast, signed_in: SignIn) -> None:
    """A stranger reaches no queue of ours, and her own takes nothing of ours."""
    stranger = signed_in(cast.stranger)
    assert stranger.post("/p/acme/trace-review", {"trace": "t1"}).status_code == 404
    stranger.post("/p/elsewhere/trace-review", {"trace": "t1"})
    assert not ReviewItem.objects.exists()
    assert Client().post("/p/acme/trace-review", {"trace": "t1"}).status_code == 302


def test_adding_to_review_is_a_post_with_a_choice(member: Client) -> None:
    """A link cannot do it, and nothing is not a choice."""
    assert member.get("/p/acme/trace-review").status_code == 405
    assert member.post("/p/acme/trace-review", {}).status_code == 400


def test_an_empty_project_is_led_to_set_up(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """No trace at all: the smallest next step is to send one."""
    text = signed_in(cast.owner).get(LIST).content.decode()
    assert "No trace has arrived yet" in text
    assert 'href="/p/acme/setup"' in text


def test_a_search_without_a_hit_can_be_cleared(member: Client) -> None:
    """None fits is not none there."""
    text = member.get(f"{LIST}?q=nowhere-to-be-found").content.decode()
    assert "No trace fits" in text
    assert "Clear the search" in text


def test_an_empty_range_offers_a_longer_one(member: Client) -> None:
    """The traces are there, only not then."""
    text = member.get(f"{LIST}?from=2025-01-01&to=2025-01-02")
    assert "No trace in this time range" in text.content.decode()


def test_other_projects_traces_are_never_listed(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Two projects share the tables and nothing else."""
    elsewhere = Project.objects.get(slug="elsewhere")
    put(store, elsewhere.pk, exchange("theirs"))
    assert listed(signed_in(cast.owner).get(LIST)) == []
    assert listed(signed_in(cast.stranger).get("/p/elsewhere/traces")) == ["theirs"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("severity:high", True),
        ("severity:low", False),
        ("source:document", True),
        ("source:tool", False),
        ("has:security", True),
        ("has:security severity:low", False),
        ("-source:document has:flag", False),
    ],
)
def test_flags_are_searched_by_gravity_and_origin(
    store: Store, cast: Cast, signed_in: SignIn, search: str, found: bool
) -> None:
    """Words that only quote a source are no source."""
    put(store, cast.project.pk, exchange("t1"))
    quoted = '"source":"tool"'
    cited = {"span_id": "s1", "field": "document", "start": 0, "end": 5, "quote": quoted, "source": "document"}
    evidence = msgspec.json.encode([cited]).decode()
    insert(store, cast.project.pk, "turn", [turn("t1.0")])
    insert(store, cast.project.pk, "flag", [flag("t1.0", "indirect_injection", evidence=evidence)])
    text = signed_in(cast.member).get("/p/acme/traces", {"q": search}).content.decode()
    assert ("/p/acme/traces/t1" in text) is found
