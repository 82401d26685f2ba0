"""The reviewer's pages: who may open them, what is shown, what a verdict does, and who holds what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backend.accounts.models import User
from backend.projects.models import Membership
from backend.review import deeds
from backend.review.models import Queue, ReviewItem, Verdict
from frontend.pages.review_form import MOST_TEXT
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE

SignIn = Callable[[User], Client]


def address(name: str, item: ReviewItem | None = None) -> str:
    """Address of a page of the queue or of one of its items."""
    return reverse(name, args=["acme", "flagged", *([item.pk] if item else [])])


def items(queue: Queue) -> list[ReviewItem]:
    """Items in the order they are worked."""
    return list(queue.items.order_by("-priority", "id"))


PAGES = ["review", "review_queue", "review_item"]
DEEDS = ["review_verdict", "review_skip", "review_undo"]


@pytest.mark.parametrize("name", [*PAGES, *DEEDS])
def test_a_stranger_finds_nothing_and_nobody_signs_in(queue: Queue, cast: Cast, signed_in: SignIn, name: str) -> None:
    """A project one does not belong to is no project, for reading and for deeds."""
    first = items(queue)[0]
    url = (
        reverse("review", args=["acme"])
        if name == "review"
        else address(name, first if "queue" not in name and "undo" not in name else None)
    )
    for client, status in ((signed_in(cast.stranger), 404), (Client(), 302)):
        answer = client.post(url, {"grade": "good", "reason": "x"}) if name in DEEDS else client.get(url)
        assert answer.status_code == status
        if status == 302:
            assert answer["Location"].startswith("/sign-in")
    first.refresh_from_db()
    assert (first.state, first.reserved_by) == ("open", None)


@pytest.mark.parametrize("who", ["owner", "member"])
def test_owner_and_member_land_in_the_only_queue(queue: Queue, cast: Cast, signed_in: SignIn, who: str) -> None:
    """Straight at the gravest item, which is then theirs."""
    person = getattr(cast, who)
    answer = signed_in(person).get(reverse("review", args=["acme"]), follow=True)
    first = items(queue)[0]
    assert answer.redirect_chain[-1][0] == address("review_item", first)
    assert answer.status_code == 200
    assert first.reserved_by == person


def test_several_queues_are_listed(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """With how many wait in each."""
    Queue.objects.create(project=cast.project, name="Second look", slug="second")
    page = signed_in(cast.member).get(reverse("review", args=["acme"])).content.decode()
    assert "Second look" in page
    assert "Flagged answers" in page


def test_an_item_shows_why_what_and_where(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """Reason, position, earlier turns, flagged words, documents, flags to confirm, a link to the trace."""
    page = signed_in(cast.member).get(address("review_item", items(queue)[0])).content.decode()
    assert "Why am I seeing this" in page
    assert "Repetition (high, 90% sure)" in page
    assert "<b>1</b> of 3" in page
    assert "Hello there" in page
    assert '<mark class="mark" data-severity="high" title="Repetition" id="mark-0-0">' in page
    assert "Parcels take two days." in page
    assert 'name="flag-repetition" value="confirmed"' in page
    assert reverse("trace", args=["acme", "t2"]) in page


def test_hostile_text_is_text(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """Answers, errors, reasons and explanations never become markup, nor turn the reading direction."""
    page = signed_in(cast.member).get(address("review_item", items(queue)[1])).content.decode()
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert page.count("alert(1)") >= 4


def test_a_verdict_is_kept_and_the_next_item_opens(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """Grade, cause, flags, texts and time, and on to what comes after."""
    first, second, _ = items(queue)
    sent = {
        "grade": "bad", "cause": "retrieval_failed", "flag-repetition": "confirmed", "flag-invented": "confirmed",
        "correction": "On Friday.\r\n", "comment": "n\x00o", "seconds": "17.5",
    }  # fmt: skip
    answer = signed_in(cast.member).post(address("review_verdict", first), sent, follow=True)
    assert answer.redirect_chain[-1][0] == address("review_item", second)
    verdict = Verdict.objects.get()
    assert (verdict.grade, verdict.cause, verdict.flags) == ("bad", "retrieval_failed", {"repetition": "confirmed"})
    assert (verdict.correction, verdict.comment, verdict.seconds) == ("On Friday.", "no", 17.5)
    first.refresh_from_db()
    assert first.state == "done"


def test_a_good_answer_has_no_cause(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """Even where a browser without JavaScript sent one."""
    signed_in(cast.member).post(address("review_verdict", items(queue)[0]), {"grade": "good", "cause": "tool"})
    assert Verdict.objects.get().cause == ""


@pytest.mark.parametrize(
    ("seconds", "kept"), [("", 0), ("nan", 0), ("inf", 0), ("-5", 0), ("soon", 0), ("1e9", 3600), ("2.5", 2.5)]
)
def test_the_time_is_held_to_sense(queue: Queue, cast: Cast, signed_in: SignIn, seconds: str, kept: float) -> None:
    """A browser may send anything."""
    signed_in(cast.member).post(address("review_verdict", items(queue)[0]), {"grade": "good", "seconds": seconds})
    assert Verdict.objects.get().seconds == kept


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "choose a grade first"),
        ({"grade": "splendid"}, "must be one of good, partly, bad"),
        ({"grade": "bad", "cause": "moon"}, "cause is"),
        ({"grade": "bad", "flag-repetition": "maybe"}, "confirmed or rejected"),
        ({"grade": "bad", "correction": "x" * (MOST_TEXT + 1)}, "the limit is 20,000"),
    ],
)
def test_what_cannot_be_kept_comes_back_as_it_was(
    queue: Queue, cast: Cast, signed_in: SignIn, sent: dict[str, str], words: str
) -> None:
    """With the reason, and nothing typed is lost."""
    answer = signed_in(cast.member).post(
        address("review_verdict", items(queue)[0]), {"comment": "my long comment", **sent}
    )
    page = answer.content.decode()
    assert answer.status_code == 400
    assert words in page
    assert "my long comment" in page
    assert not Verdict.objects.exists()


def test_an_item_that_someone_else_holds_is_refused_with_words(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """The page says who and until when, a verdict and a skip are not taken, and it comes free in time."""
    first = items(queue)[0]
    assert deeds.reserve(cast.owner, first)
    client = signed_in(cast.member)
    assert "owner@example.com holds it" in client.get(address("review_item", first)).content.decode()
    for name, sent in (("review_verdict", {"grade": "good", "comment": "mine"}), ("review_skip", {"reason": "x"})):
        answer = client.post(address(name, first), sent)
        assert answer.status_code == 403
        assert "someone else holds this item" in answer.content.decode()
    first.refresh_from_db()
    assert (first.state, first.reserved_by) == ("open", cast.owner)
    ReviewItem.objects.filter(pk=first.pk).update(reserved_until=timezone.now() - timedelta(seconds=1))
    client.post(address("review_verdict", first), {"grade": "good"})
    assert Verdict.objects.get().reviewer == cast.member


def test_walking_on_lets_go(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """Who looks at the next item without a verdict keeps nothing from others."""
    first, second, _ = items(queue)
    client = signed_in(cast.member)
    client.get(address("review_item", first))
    client.get(address("review_item", second))
    held = {item.pk: item.reserved_by for item in items(queue)}
    assert (held[first.pk], held[second.pk]) == (None, cast.member)


def test_two_people_get_two_items(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """What one holds is not offered to the other."""
    places = [
        signed_in(person).get(address("review_queue"), follow=True).redirect_chain[-1][0]
        for person in (cast.owner, cast.member)
    ]
    assert places == [address("review_item", item) for item in items(queue)[:2]]


def test_skipping_asks_for_a_reason(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """And goes on; without one the item stays."""
    first, second, _ = items(queue)
    client = signed_in(cast.member)
    assert client.post(address("review_skip", first), {"reason": "  "}).status_code == 400
    answer = client.post(address("review_skip", first), {"reason": HOSTILE}, follow=True)
    assert answer.redirect_chain[-1][0] == address("review_item", second)
    first.refresh_from_db()
    assert first.state == "skipped"
    assert "<script>alert" not in client.get(address("review_item", first)).content.decode()


@pytest.mark.parametrize("deed", ["review_verdict", "review_skip"])
def test_undo_opens_the_last_item_again(queue: Queue, cast: Cast, signed_in: SignIn, deed: str) -> None:
    """A verdict or a skip, and the item is held once more."""
    first = items(queue)[0]
    client = signed_in(cast.member)
    client.post(address(deed, first), {"grade": "good", "reason": "later"})
    answer = client.post(address("review_undo"), follow=True)
    assert answer.redirect_chain[-1][0] == address("review_item", first)
    first.refresh_from_db()
    assert (first.state, first.reserved_by) == ("open", cast.member)
    assert not Verdict.objects.exists()


def test_nothing_to_undo_is_said(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """And what others did is not taken back."""
    deeds.give_verdict(cast.owner, items(queue)[0], "good")
    page = signed_in(cast.member).post(address("review_undo"), follow=True).content.decode()
    assert "nothing of yours to take back" in page
    assert Verdict.objects.count() == 1


def test_a_verdict_can_be_changed(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """Going back shows what was said; saying something else replaces it."""
    first = items(queue)[0]
    client = signed_in(cast.member)
    client.post(address("review_verdict", first), {"grade": "bad", "comment": "no good"})
    page = client.get(address("review_item", first)).content.decode()
    assert 'name="grade" value="bad" checked' in page
    assert "no good" in page
    client.post(address("review_verdict", first), {"grade": "partly"})
    assert Verdict.objects.get().grade == "partly"


def test_reviewers_are_blind_until_they_have_answered(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """What others said is shown after the own verdict, not before."""
    first = items(queue)[0]
    deeds.give_verdict(cast.owner, first, "bad", comment="I say it is wrong")
    client = signed_in(cast.member)
    assert "I say it is wrong" not in client.get(address("review_item", first)).content.decode()
    client.post(address("review_verdict", first), {"grade": "good"})
    assert "I say it is wrong" in client.get(address("review_item", first)).content.decode()


def test_the_end_of_a_queue_is_said(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """All judged, all held by others, or nothing ever came: three different things."""
    client = signed_in(cast.member)
    for item in items(queue):
        deeds.reserve(cast.owner, item)
    assert "Others are on the rest" in client.get(address("review_queue")).content.decode()
    for item in items(queue):
        deeds.give_verdict(cast.owner, item, "good")
    assert "All done" in client.get(address("review_queue")).content.decode()
    queue.items.all().delete()
    assert "Nothing waits for review" in client.get(address("review_queue")).content.decode()


def test_an_answer_that_is_gone_can_only_be_skipped(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """Its trace was deleted since; the page says so."""
    first = items(queue)[0]
    ReviewItem.objects.filter(pk=first.pk).update(turn_id="elsewhere.0")
    page = signed_in(cast.member).get(address("review_item", first)).content.decode()
    assert "no longer stored" in page


def test_items_of_other_projects_are_not_there(queue: Queue, cast: Cast, signed_in: SignIn) -> None:
    """Neither by number in an own queue nor by queue."""
    elsewhere = Membership.objects.get(user=cast.stranger).project
    own = Queue.objects.create(project=elsewhere, name="Own", slug="flagged")
    client = signed_in(cast.stranger)
    assert client.get(reverse("review_item", args=["elsewhere", own.slug, items(queue)[0].pk])).status_code == 404
    assert client.get(reverse("review_queue", args=["elsewhere", "none"])).status_code == 404
