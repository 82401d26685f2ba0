"""The pages of what goes wrong: who may open them, what they show, and where they lead."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from backend.accounts.models import User
from backend.store.client import Store
from backend.topics.models import Topic, TopicFit
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, START, assignment, flag, insert, nanos, turn

SignIn = Callable[[User], Client]
URL = "/p/acme/topics/by/problem"
REPETITION = f"{URL}/flag:repetition"
LONG_AGO = -13 * 24 * 60
PAGES = [URL, REPETITION]


def page(client: Client, url: str) -> str:
    """The page's text."""
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def cause(turn_id: str, conversation_id: str, label: str = "tool", **fields: object) -> dict[str, object]:
    """A row of the table ``score`` that names a cause."""
    return {
        "score_id": f"{turn_id}:cause", "name": "cause", "label": label, "value": 0.9, "source": "analyser",
        "explanation": "A tool failed.", "turn_id": turn_id, "trace_id": turn_id.rpartition(".")[0],
        "conversation_id": conversation_id, "time": nanos(START), **fields,
    }  # fmt: skip


@pytest.mark.parametrize("who", ["owner", "member"])
def test_people_of_the_project_see_what_goes_wrong(topics: TopicFit, cast: Cast, signed_in: SignIn, who: str) -> None:
    """Each problem with counts, interval, the topics it is in, and links to traces and conversations."""
    text = page(signed_in(getattr(cast, who)), URL)
    for words in ("Topics by problem", "Repetition", "Late parcels", "12.5%", "1 of 4", "Not looked at yet"):
        assert words in text
    assert "/p/acme/traces?q=flag%3Arepetition" in text
    assert reverse("conversation", args=["acme", "a0"]) in text
    assert "/p/acme/topics/by/problem/flag:repetition" in text


@pytest.mark.parametrize("url", PAGES)
def test_a_stranger_finds_nothing_and_nobody_signs_in(
    topics: TopicFit, cast: Cast, signed_in: SignIn, url: str
) -> None:
    """A project one does not belong to is no project."""
    assert signed_in(cast.stranger).get(url).status_code == 404
    assert Client().get(url)["Location"].startswith("/sign-in")


def test_a_problem_leads_to_its_topics_traces_and_conversations(
    topics: TopicFit, cast: Cast, signed_in: SignIn
) -> None:
    """A table of wants, each with its own traces; one topic alone where the address says so."""
    client = signed_in(cast.member)
    text = page(client, REPETITION)
    assert "What people wanted" in text
    assert "/p/acme/traces?q=topic%3A1+flag%3Arepetition" in text
    assert reverse("trace", args=["acme", "t-a0"]) in text
    assert "Only of “Late parcels”" in page(client, f"{REPETITION}?topic=1")
    elsewhere = page(client, f"{REPETITION}?topic=2")
    assert reverse("trace", args=["acme", "t-a0"]) not in elsewhere
    assert "No conversation in this period" in elsewhere


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"{URL}?range=forever", 400),
        (f"{URL}?from=2026-02-02&to=2026-01-01", 400),
        (f"{REPETITION}?range=forever", 400),
        (f"{REPETITION}?topic=first", 400),
        (f"{URL}/cause:luck", 404),
        (f"{URL}/nothing", 404),
        (f"{URL}/<script>alert(1)</script>", 404),
    ],
)
def test_what_cannot_be_meant_is_refused(
    topics: TopicFit, cast: Cast, signed_in: SignIn, url: str, status: int
) -> None:
    """A bad period, a bad topic, a word that is no problem."""
    answer = signed_in(cast.member).get(url)
    assert answer.status_code == status
    assert "<script>alert" not in answer.content.decode()


def test_hostile_text_is_text(topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn) -> None:
    """In names of topics, explanations, detectors and ids of conversations."""
    Topic.objects.filter(number=1).update(name_by_people=HOSTILE)
    strange = f"x/{HOSTILE}"
    insert(store, cast.project.pk, "turn", [turn("t-x.0", strange)])
    flags = [flag("t-x.0", "refusal", conversation_id=strange, explanation=HOSTILE)]
    flags.append(flag("t-x.0", HOSTILE, conversation_id=strange))
    insert(store, cast.project.pk, "flag", flags)
    client = signed_in(cast.member)
    for url in (URL, f"{URL}/flag:refusal", REPETITION, f"{URL}/flag:{quote(HOSTILE)}"):
        text = page(client, url)
        assert "<script>alert" not in text
        assert "\u202e" not in text


def test_an_empty_project_says_so(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Before there are topics, too; the page of topics leads there."""
    client = signed_in(cast.member)
    assert "No conversation in this period" in page(client, URL)
    assert "No conversation in this period" in page(client, f"{URL}/cause:tool")
    assert URL in page(client, "/p/acme/topics")


def test_the_environment_and_the_period_are_kept(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """Another environment has none of it; links keep what was chosen."""
    client = signed_in(cast.member)
    assert "No conversation in this period" in page(client, f"{URL}?env=staging")
    assert "/p/acme/topics?range=7d" in page(client, f"{URL}?range=7d")


def test_more_than_before_is_marked(topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn) -> None:
    """A badge with both samples; causes stand in a table of their own."""
    rows = [(f"old{at}", LONG_AGO) for at in range(80)] + [(f"new{at}", at / 10) for at in range(80)]
    turns = [turn(f"t-{one}.0", one, minutes, user_id=one) for one, minutes in rows]
    insert(store, cast.project.pk, "turn", turns)
    insert(store, cast.project.pk, "topic_assignment", [assignment(topics, one, 1) for one, _ in rows])
    turns += [turn(f"t-{one}.0") for one in ("a0", "a1", "a2", "a3", "b0", "b1", "b2", "other")]
    looked = [
        {
            "analyser": "cause", "analyser_version": "1", "subject_id": one["turn_id"], "outcome": "ran",
            "subject_time": one["start_time"],
        }
        for one in turns
    ]  # fmt: skip
    ledger = [{"project_id": cast.project.pk, "version": 1, **one} for one in looked]
    store.insert("ledger", list(ledger[0]), [[row[name] for row in ledger] for name in ledger[0]])
    insert(store, cast.project.pk, "score", [cause(f"t-new{at}.0", f"new{at}") for at in range(50)])
    text = page(signed_in(cast.member), URL)
    assert "MORE</span>" in text
    assert "Before is the week before" in text
    assert "A tool failed or was called in circles." in text
