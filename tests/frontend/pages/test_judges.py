"""Judges' pages: owners set the endpoint and the question, members read, strangers learn nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from analytics.detection.asking import Answer
from backend.accounts.models import User
from backend.detection.models import JudgeEndpoint, OwnDetector, SettingChange
from backend.review.models import ReviewItem, Verdict
from backend.store.client import Store
from tests.analytics.detection.test_measure import _judged
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, START, insert, nanos, turn

SignIn = Callable[[User], Client]
ENDPOINT = "/p/acme/settings/judges"
LIST = "/p/acme/settings/detectors"
SENT = {"base_url": "https://example.com/v1", "model": "small-1", "is_enabled": "on", "calls_a_day": "50"}
QUESTION = {"name": "refunds", "instruction": "The assistant promises a refund.", "severity": "high"}

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def judge(cast: Cast, signed_in: SignIn) -> OwnDetector:
    """An endpoint and a judge, as an owner makes them."""
    owner = signed_in(cast.owner)
    assert owner.post(ENDPOINT, SENT).status_code == 302
    assert owner.post(f"{LIST}/new-judge", QUESTION).status_code == 302
    return OwnDetector.objects.get()


def test_members_read_and_owners_write(cast: Cast, judge: OwnDetector, signed_in: SignIn) -> None:
    """A member is told so, a stranger learns nothing, nobody signs in first."""
    member, stranger = signed_in(cast.member), signed_in(cast.stranger)
    for path in (ENDPOINT, f"{LIST}/own_refunds"):
        assert (member.get(path).status_code, stranger.get(path).status_code) == (200, 404)
    deeds: list[tuple[str, dict[str, Any]]] = [
        (ENDPOINT, {**SENT, "model": "x"}),
        (f"{LIST}/new-judge", {**QUESTION, "name": "other"}),
        (f"{LIST}/own_refunds/question", {**QUESTION, "instruction": "Something else entirely."}),
    ]
    for path, sent in deeds:
        assert member.post(path, sent).status_code == 403
        assert stranger.post(path, sent).status_code == 404
        assert Client().post(path, sent).status_code == 302
    assert (JudgeEndpoint.objects.get().model, OwnDetector.objects.get().definition) == ("small-1", judge.definition)
    assert signed_in(cast.owner).post(*deeds[2]).status_code == 302
    assert OwnDetector.objects.get().definition["instruction"] == "Something else entirely."
    assert [one.what for one in SettingChange.objects.all()] == ["changed", "made", "settings"]


def test_its_thresholds_are_not_tried_turn_by_turn(cast: Cast, judge: OwnDetector, signed_in: SignIn) -> None:
    """A table of a thousand turns would cost a thousand calls."""
    answer = signed_in(cast.owner).get(f"{LIST}/own_refunds/thresholds")
    assert (answer.status_code, "run it again on history" in answer.content.decode()) == (400, True)


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        (ENDPOINT, {"base_url": "http://example.com"}, "must begin with https://"),
        (ENDPOINT, {"key_variable": "ASSAY_SECRET_KEY"}, "JUDGE_KEY"),
        (ENDPOINT, {"calls_a_day": "many"}, "must be a number"),
        (ENDPOINT, {"calls_a_day": "inf"}, "must be a number"),
        (ENDPOINT, {"usd_a_day": "3"}, "price of a million tokens"),
        (f"{LIST}/new-judge", {"instruction": "short"}, "from 10 to 2,000"),
        (f"{LIST}/new-judge", {"name": "!"}, "3 to 40 letters"),
        (f"{LIST}/new-judge", {"try": "1"}, "no endpoint is switched on"),
    ],
)
def test_what_cannot_be_kept_comes_back_with_the_reason(
    cast: Cast, signed_in: SignIn, path: str, change: dict[str, str], said: str
) -> None:
    """Nothing is kept of it."""
    answer = signed_in(cast.owner).post(path, {**SENT, **QUESTION, **change})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert (JudgeEndpoint.objects.count(), OwnDetector.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_question_is_tried_on_five_turns(
    cast: Cast, judge: OwnDetector, store: Store, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the model says of recorded text does not become markup."""
    insert(store, cast.project.pk, "turn", [turn(f"t{at}.0", output_text=f"refund {HOSTILE}") for at in range(8)])
    said = Answer(mark="", verdict="flag", confidence=1, reason=HOSTILE, quote=f"refund {HOSTILE}")
    monkeypatch.setattr("analytics.detection.judge.ask", lambda *arguments: said)
    text = signed_in(cast.owner).post(f"{LIST}/new-judge", {**QUESTION, "try": "1"}).content.decode()
    assert "<strong>5</strong> of the newest 5 turns" in text
    assert "<script>alert(1)" not in text


def test_agreement_with_reviewers_is_shown_from_thirty_answers_on(
    cast: Cast, judge: OwnDetector, store: Store, signed_in: SignIn
) -> None:
    """Of answers that both have judged."""
    from analytics.detection.chosen import chosen, named, version_of

    owner = signed_in(cast.owner)
    one = named(chosen(cast.project.pk), "own_refunds")
    assert one
    insert(store, cast.project.pk, "turn", [turn(f"t{at}.0") for at in range(40)])
    rows = [
        {"project_id": cast.project.pk, "analyser": "detector:own_refunds",
         "analyser_version": version_of(one.detector), "subject_id": f"t{at}.0",
         "outcome": "matched" if at % 2 else "ran", "reason": "",
         "subject_time": nanos(START), "version": 1}
        for at in range(40)
    ]  # fmt: skip
    store.insert("ledger", list(rows[0]), [[row[name] for row in rows] for name in rows[0]])
    for at in range(29):
        _judged(cast, f"t{at}.0", "flag", {"own_refunds": "confirmed" if at % 2 else "rejected"})
    page = f"{LIST}/own_refunds"
    assert "Not enough labels: 29 of 30" in owner.get(page).content.decode()
    for at in range(29, 40):
        _judged(cast, f"t{at}.0", "flag", {"own_refunds": "rejected" if at % 2 else "confirmed"})
    text = owner.get(page).content.decode()
    assert "0.45" in text
    assert "n 40" in text
    assert Verdict.objects.count() == ReviewItem.objects.count() == 40
