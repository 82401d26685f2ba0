"""The topics page: who may open it, what it shows, how it is sorted, and what it says before there are topics."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.questions.topics import topic_table
from backend.accounts.models import User
from backend.store.client import Store
from backend.topics.models import Topic, TopicFit
from frontend.pages.topics_lines import TREND_STEPS, coarse, flat, grouped, sort_of
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, assignment, flag, insert, turn, week

SignIn = Callable[[User], Client]
URL = "/p/acme/topics"
LONG_AGO = -13 * 24 * 60
"""Minutes: in the week before the last one, from which a young project can be compared."""


def page(client: Client, query: str = "", url: str = URL) -> str:
    """The page's text."""
    answer = client.get(f"{url}{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def spec(text: str) -> dict[str, Any]:
    """The chart of a page."""
    found = re.search(r'<script id="topic-\w+-spec" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


@pytest.mark.parametrize("who", ["owner", "member"])
def test_people_of_the_project_see_it(topics: TopicFit, cast: Cast, signed_in: SignIn, who: str) -> None:
    """Names, figures with interval and sample, coverage, and Other as a row that opens."""
    text = page(signed_in(getattr(cast, who)), "?view=groups")
    for words in ("Late parcels", "Refunds", "Orders", "Other", "Assigned to a topic", "Low confidence"):
        assert words in text
    assert "Of 8 conversations in this period" in text
    assert reverse("topic", args=["acme", 0]) in text
    assert re.search(r"25%<span class=\"line-2\">\d", text)
    assert '<span class="line-2">n 4</span>' in text


def test_few_topics_stand_in_one_list_at_first(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """A page that folds three topics away says less than one that shows them."""
    text = page(signed_in(cast.member))
    assert "Late parcels" in text
    assert "data-below" not in text


def test_a_stranger_finds_nothing_and_nobody_signs_in(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """A project one does not belong to is no project."""
    assert signed_in(cast.stranger).get(URL).status_code == 404
    assert Client().get(URL)["Location"].startswith("/sign-in")


def test_hostile_text_is_text(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """In names, typical messages, and what the map shows under the pointer."""
    Topic.objects.filter(number=1).update(name_by_people=HOSTILE, subtitle=HOSTILE)
    text = page(signed_in(cast.member))
    assert "<script>alert" not in text
    assert "\u202e" not in text
    shown = spec(text)["data"]
    assert not any("<script" in line for trace in shown for line in [*trace["text"], trace["hovertemplate"]])


def test_the_map_has_a_trace_a_topic_and_a_cross_for_other(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """A point opens its conversation; colours are those of the group."""
    traces = {trace["meta"]: trace for trace in spec(page(signed_in(cast.member)))["data"]}
    assert set(traces) == {0, 1, 2}
    assert (traces[0]["marker"]["symbol"], traces[0]["marker"]["color"]) == ("x", "--topic-other")
    assert traces[1]["marker"]["color"] == traces[2]["marker"]["color"] == "--topic-3"
    assert len(traces[1]["x"]) == 4
    assert traces[1]["customdata"][0] == reverse("conversation", args=["acme", "a0"])


@pytest.mark.parametrize("chosen", ["flags", "errors", "latency", "cost"])
def test_bubbles_open_topics(topics: TopicFit, cast: Cast, signed_in: SignIn, chosen: str) -> None:
    """One a topic, to the right by volume."""
    traces = spec(page(signed_in(cast.member), f"?chart={chosen}"))["data"]
    assert {trace["customdata"][0]: trace["x"][0] for trace in traces} == {"/p/acme/topics/1": 4, "/p/acme/topics/2": 3}


def test_groups_fold_and_the_flat_view_needs_no_script(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """Topics of a group wait in a template; without groups they are rows."""
    text = page(signed_in(cast.member), "?view=groups")
    assert '<template data-below="3">' in text
    assert 'data-topics="1 2"' in text
    assert "<template data-below" not in page(signed_in(cast.member), "?view=topics")


def test_sorting_keeps_other_at_the_end(topics: TopicFit, cast: Cast) -> None:
    """By name, by figure, in both directions, and what is asked wrongly is by volume."""
    table = topic_table(week(cast.project.pk))
    assert [line.row.name for line in flat(table, "name", "acme")] == ["Late parcels", "Refunds", "Other"]
    assert [line.row.name for line in flat(table, "-name", "acme")] == ["Refunds", "Late parcels", "Other"]
    assert [line.row.name for line in flat(table, "flags", "acme")] == ["Refunds", "Late parcels", "Other"]
    lines = grouped(table, "-flags", "acme")
    assert [line.row.name for line in lines] == ["Orders", "Other"]
    assert [line.row.name for line in lines[0].below] == ["Late parcels", "Refunds"]
    assert (sort_of("users"), sort_of("luck"), sort_of("")) == ("users", "-conversations", "-conversations")


@pytest.mark.parametrize("steps", [0, 1, 15, 16, 17, 62])
def test_a_coarse_trend_has_few_steps_of_equal_length(steps: int) -> None:
    """The newest step is always whole; what is left out is the beginning."""
    found = coarse([1] * steps)
    assert len(found) <= TREND_STEPS
    assert len(set(found)) <= 1
    assert steps - sum(found) < max(1, -(-steps // TREND_STEPS))


def test_too_few_conversations_are_said_honestly(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """How many there are and how many it takes."""
    insert(store, cast.project.pk, "turn", [turn(f"t{place}.0", f"c{place}") for place in range(12)])
    text = page(signed_in(cast.member))
    assert "Topics need 30 conversations; this project has 12" in text
    assert 'value="12" max="30"' in text


def test_a_fit_that_fails_is_said(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """With its reason, and that it is tried again."""
    from backend.jobs.models import Run, Stage

    insert(store, cast.project.pk, "turn", [turn(f"t{place}.0", f"c{place}") for place in range(30)])
    stage = Stage.objects.create(project=cast.project, name="fit")
    Run.objects.create(stage=stage, state="failed", finished_at=timezone.now(), error=f"no memory {HOSTILE}")
    text = page(signed_in(cast.member))
    assert "no memory" in text
    assert "<script>alert" not in text


def test_a_period_without_conversations_says_so(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """Topics are there, the time range holds none of them."""
    assert "No conversation in this period" in page(signed_in(cast.member), "?from=2020-01-01&to=2020-01-02")


def test_a_first_impression_is_marked(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """Topics of fewer than 300 conversations are no settled truth."""
    assert "A first impression" not in page(signed_in(cast.member))
    TopicFit.objects.update(measures={"first_impression": True})
    assert "A first impression" in page(signed_in(cast.member))


def test_conversations_without_words_count_among_other(
    topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn
) -> None:
    """And it is said how many they are."""
    insert(store, cast.project.pk, "turn", [turn("mute.0", "mute", input_text="")])
    insert(store, cast.project.pk, "topic_assignment", [assignment(topics, "mute", 0, state="no_text", first_text="")])
    insert(store, cast.project.pk, "flag", [flag("mute.0", "empty")])
    assert "1 of Other have no words" in page(signed_in(cast.member))


def test_what_emerges_is_shown_with_its_evidence(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """Name, size, since when, what chance gives, examples that open; hostile words are text."""
    from backend.topics.models import EmergingTopic

    assert "Emerging" not in page(signed_in(cast.member))
    EmergingTopic.objects.create(
        project=cast.project, fit=topics, radius=0.5, name=f"Change my billing address {HOSTILE}", near=1,
        examples=[{"conversation_id": "a0", "text": f"Wrong street {HOSTILE}"}], conversations=21, users=19,
        wordings=17, expected=0.4, p_value=3e-12, level=1e-5, first_at=timezone.now(),
    )  # fmt: skip
    text = page(signed_in(cast.member))
    for words in (
        "Emerging",
        "Change my billing address",
        "17 different wordings",
        "19 users",
        "3e-12",
        "Late parcels",
    ):
        assert words in text
    assert reverse("conversation", args=["acme", "a0"]) in text
    assert "<script>alert" not in text
    assert "\u202e" not in text
    EmergingTopic.objects.update(became=2)
    assert "Most of it is in" in page(signed_in(cast.member))


def test_what_changed_is_told_with_links_to_its_evidence(
    topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn
) -> None:
    """Against the same weekdays before: a sentence, its traces and conversations, and a badge; a name is text."""
    Topic.objects.filter(number=2).update(name_by_people=HOSTILE)
    rows = [(f"old{at}", 1 if at < 60 else 2, LONG_AGO, "ok") for at in range(120)]
    rows += [(f"new{at}", 1 if at < 60 else 2, at / 10, "ok" if at < 80 else "error") for at in range(120)]
    turns = [turn(f"t-{one}.0", one, minutes, user_id=one, status=status) for one, _, minutes, status in rows]
    insert(store, cast.project.pk, "turn", turns)
    insert(store, cast.project.pk, "topic_assignment", [assignment(topics, one, topic) for one, topic, *_ in rows])
    text = page(signed_in(cast.member), "?view=topics")
    assert "What changed" in text
    assert "conversations with an error: " in text
    assert "/p/acme/traces?q=topic%3A2+status%3Aerror" in text
    assert "Conversation 1</a>" in text
    assert "WORSE</span>" in text
    assert "<script>alert" not in text


def test_no_change_is_said_honestly(topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn) -> None:
    """Without a former period, and with one that shows nothing beyond chance."""
    assert "There is no former period to compare with" in page(signed_in(cast.member))
    rows = [(f"{when}{at}", minutes) for when, minutes in (("old", LONG_AGO), ("new", 1)) for at in range(60)]
    insert(store, cast.project.pk, "turn", [turn(f"t-{one}.0", one, minutes, user_id=one) for one, minutes in rows])
    insert(store, cast.project.pk, "topic_assignment", [assignment(topics, one, 1) for one, _ in rows])
    assert "No change we could tell from chance, in 2 comparisons." in page(signed_in(cast.member))
