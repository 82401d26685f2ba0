"""Settings of detectors: everybody of the project reads them, owners change them, strangers learn nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.detection.choices import Choice, choices
from backend.detection.models import SettingChange
from backend.review.models import Queue, Verdict
from backend.store.client import Store
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, insert, turn

SignIn = Callable[[User], Client]
LIST = "/p/acme/settings/detectors"
PAGE = f"{LIST}/refusal"

pytestmark = pytest.mark.usefixtures("store")


@pytest.mark.parametrize("path", [LIST, PAGE, f"{PAGE}/thresholds"])
def test_members_read_and_strangers_learn_nothing(cast: Cast, queue: Queue, signed_in: SignIn, path: str) -> None:
    """Nothing of telemetry becomes markup; a stranger cannot tell the project from one that is not there."""
    for person in (cast.owner, cast.member):
        answer = signed_in(person).get(path)
        assert answer.status_code == 200
        assert HOSTILE not in answer.content.decode()
    assert signed_in(cast.stranger).get(path).status_code == 404
    assert Client().get(path).status_code == 302


def test_only_owners_set_anything(cast: Cast, signed_in: SignIn) -> None:
    """A member is told so and sees no form."""
    sent = {"is_enabled": "on", "threshold": "0.7", "share": "25"}
    assert signed_in(cast.member).post(f"{PAGE}/set", sent).status_code == 403
    assert signed_in(cast.stranger).post(f"{PAGE}/set", sent).status_code == 404
    assert Client().post(f"{PAGE}/set", sent).status_code == 302
    assert choices(cast.project.pk) == {}
    assert "<form" not in signed_in(cast.member).get(PAGE).content.decode().partition("<main")[2]
    assert signed_in(cast.owner).post(f"{PAGE}/set", sent).status_code == 302
    assert choices(cast.project.pk) == {"refusal": Choice(None, 0.7, 0.25)}


def test_a_detector_is_switched_off_and_on_again_and_the_page_says_who_did(cast: Cast, signed_in: SignIn) -> None:
    """The list shows the state; each change stands there with its author."""
    owner = signed_in(cast.owner)
    owner.post(f"{PAGE}/set", {"threshold": "", "share": "100"})
    assert choices(cast.project.pk)["refusal"].is_enabled is False
    assert "chosen here" in owner.get(LIST).content.decode()
    text = owner.get(PAGE).content.decode()
    assert "state from its own to off" in text
    assert "owner@example.com" in text
    owner.post(f"{PAGE}/set", {"is_enabled": "on", "threshold": "", "share": "100"})
    assert choices(cast.project.pk)["refusal"] == Choice()
    assert SettingChange.objects.count() == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"threshold": "1.5", "share": "100"}, "at most 1"),
        ({"threshold": "much", "share": "100"}, "must be a number"),
        ({"threshold": "nan", "share": "100"}, "threshold is nan"),
        ({"threshold": "", "share": "0"}, "switching it off"),
    ],
)
def test_what_cannot_be_is_refused_in_words(cast: Cast, signed_in: SignIn, sent: dict[str, str], said: str) -> None:
    """Nothing is kept of it."""
    answer = signed_in(cast.owner).post(f"{PAGE}/set", {"is_enabled": "on", **sent})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert choices(cast.project.pk) == {}


def test_there_is_no_page_of_a_detector_that_is_not(cast: Cast, signed_in: SignIn) -> None:
    """An unknown name is nothing."""
    for path in (f"{LIST}/invented", f"{LIST}/invented/thresholds"):
        assert signed_in(cast.owner).get(path).status_code == 404
    assert signed_in(cast.owner).post(f"{LIST}/invented/set", {}).status_code == 404


def test_thresholds_are_tried_on_stored_turns(cast: Cast, store: Store, signed_in: SignIn) -> None:
    """The table says how many turns it rests on, and that labels are lacking."""
    texts = ["I'm sorry, but I can't help with that request.", *["It comes tomorrow with the post."] * 9]
    rows = [turn(f"t{number}.0", output_text=text) for number, text in enumerate(texts)]
    insert(store, cast.project.pk, "turn", rows)
    text = signed_in(cast.member).get(f"{PAGE}/thresholds").content.decode()
    assert "10 turns of the last 30 days" in text
    assert "100" in text
    assert "not enough for precision: 0 of 20 judged flags" in text


def test_a_reviewer_says_what_a_detector_missed(cast: Cast, queue: Queue, signed_in: SignIn) -> None:
    """Of those that found nothing; a flag that is there can only be confirmed or rejected."""
    item = queue.items.get(turn_id="t2.0")
    member = signed_in(cast.member)
    path = f"/p/acme/review/{queue.slug}/{item.pk}"
    assert 'name="flag-pii" value="missed"' in member.get(path).content.decode()
    sent = {"grade": "bad", "flag-pii": "missed", "flag-repetition": "missed", "flag-invented": "missed"}
    assert member.post(f"{path}/verdict", sent).status_code == 302
    assert Verdict.objects.get().flags == {"pii": "missed"}
