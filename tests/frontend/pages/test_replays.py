"""Pages of replays: who may begin one, what the form offers, what came back, and what the trace says of its cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.detection.models import JudgeEndpoint
from backend.prompts.versions import NewVersion, add_version
from backend.replays.models import Attempt, Replay
from backend.store.client import Store
from tests.analytics.detection.conftest import Model, endpoint, model
from tests.analytics.replay.conftest import (
    RULES,
    answering,
    blamed,
    finished,
    no_waits,
    record,
    said,
    sent_text,
    turn_id,
)
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE

__all__ = ["endpoint", "model", "no_waits", "turn_id"]  # the same server and the same answer

SignIn = Callable[[User], Client]
LIST = "/p/acme/replays"
NEW = f"{LIST}/new"
TRACE = "/p/acme/traces/r1"


def _sent(turn_id: str, **fields: str) -> dict[str, str]:
    usual = {"kind": "drop", "document": "0", "model": "gpt-4o", "repeats": "3", "must_say": ""}
    return {"turn": turn_id, **usual, **fields}


def _done(cast: Cast, turn_id: str, **fields: Any) -> Replay:
    usual = {
        "turn_id": turn_id, "trace_id": "r1", "kind": "drop", "change": {"document": 0}, "model": "gpt-4o",
        "change_text": "document 1 taken out", "changed_model": "gpt-4o", "repeats": 3, "state": "done",
        "verdict": "heals", "reason": "More answers are healed than chance explains.", "control_judged": 3,
        "changed_healed": 3, "changed_judged": 3, "difference": 1.0, "low": 0.206, "high": 1.0, "p_value": 1 / 64,
        "cause": "retrieval_failed", "cause_probability": 0.85, "author_name": "owner@example.com",
    }  # fmt: skip
    return Replay.objects.create(project=cast.project, **{**usual, **fields})


@pytest.mark.parametrize("members_may", [False, True])
def test_who_may_begin_look_and_stop(
    endpoint: JudgeEndpoint, cast: Cast, turn_id: str, signed_in: SignIn, members_may: bool
) -> None:
    """Owners begin, members where an owner lets them; all of the project look; a stranger learns nothing."""
    JudgeEndpoint.objects.update(members_may_replay=members_may)
    owner, member, stranger = signed_in(cast.owner), signed_in(cast.member), signed_in(cast.stranger)
    assert owner.post(NEW, _sent(turn_id)).status_code == 302
    one = f"{LIST}/{Replay.objects.get().pk}"
    may = 200 if members_may else 403
    form = f"{NEW}?turn={turn_id}"
    for path, status in ((LIST, 200), (one, 200), (f"{one}?part=1", 200), (form, may)):
        assert (member.get(path).status_code, stranger.get(path).status_code) == (status, 404)
        assert Client().get(path).status_code == 302
    assert member.post(NEW, _sent(turn_id)).status_code == (302 if members_may else 403)
    assert member.post(f"{one}/stop").status_code == (302 if members_may else 403)
    for path, sent in ((NEW, _sent(turn_id)), (f"{one}/stop", {})):
        assert stranger.post(path, sent).status_code == 404
        assert Client().post(path, sent).status_code == 302
    assert ("new?turn=" in member.get(TRACE).content.decode()) is members_may
    assert Replay.objects.count() == (2 if members_may else 1)
    assert ('name="kind"' in member.get(form).content.decode()) is members_may


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_waits")
def test_one_is_begun_by_form_and_marks_the_cause_on_the_trace(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, store: Store, turn_id: str, signed_in: SignIn
) -> None:
    """From the trace to the verdict and back; the probability stays."""
    blamed(store, cast.project.pk, turn_id, "retrieval_failed")
    answering(model, lambda body: "Bicycles" not in sent_text(body))
    owner = signed_in(cast.owner)
    before = owner.get(TRACE).content.decode()
    assert "Retrieval failed" in before
    assert f"/p/acme/replays/new?turn={turn_id}" in before
    form = owner.get(f"{NEW}?turn={turn_id}").content.decode()
    assert form.count("tests the cause") == 4
    begun = owner.post(NEW, _sent(turn_id))
    running = owner.get(begun["Location"]).content.decode()
    assert 'hx-trigger="every 2s"' in running
    assert "0 of 6" in running
    finished(Replay.objects.get())
    page = owner.get(begun["Location"]).content.decode()
    for words in ("Heals", "3 of 3", "0 of 3", "100%", "1.6%", "Confirmed by replay", "refusal: "):
        assert words in page
    assert "hx-trigger" not in page.split('id="replay"')[1][:200]
    trace = owner.get(TRACE).content.decode()
    assert "Heals: document 1 taken out." in trace
    assert "probability 85%, as before the replay" in trace
    conversation = owner.get("/p/acme/conversations/r1").content.decode()
    assert "Confirmed by replay" in conversation


def test_a_trace_that_was_masked_says_that_it_cannot_be_replayed_faithfully(
    endpoint: JudgeEndpoint, cast: Cast, store: Store, signed_in: SignIn
) -> None:
    """There is no form, and what is posted all the same is refused."""
    masked = record(store, cast.project.pk, attributes={"assay.masked": '{"EMAIL": ["bcdfg"]}'})
    owner = signed_in(cast.owner)
    page = owner.get(f"{NEW}?turn={masked}").content.decode()
    assert "This answer cannot be replayed faithfully" in page
    assert "1 value of this trace was masked before storage" in page
    assert 'name="kind"' not in page
    assert owner.post(NEW, _sent(masked)).status_code == 400
    assert not Replay.objects.exists()


def test_without_an_endpoint_pages_say_how_to_set_one(cast: Cast, turn_id: str, signed_in: SignIn) -> None:
    """Owners get the address, members are told who can."""
    owner, member = signed_in(cast.owner), signed_in(cast.member)
    for path in (LIST, f"{NEW}?turn={turn_id}"):
        page = owner.get(path).content.decode()
        assert "No endpoint is switched on" in page
        assert 'href="/p/acme/settings/judges"' in page
    assert "An owner of Acme can set one" in member.get(LIST).content.decode()
    assert "No answer was replayed yet" in member.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"repeats": "2"}, "from 3 to 10"),
        ({"repeats": "many"}, "must be a whole number"),
        ({"document": "x"}, "must be a whole number"),
        ({"document": "9"}, "the turn has 2"),
        ({"kind": "swap", "text": "  "}, "text is missing"),
        ({"kind": "prompt", "prompt": "2@support"}, "Prompt not found"),
        ({"kind": "system", "system": RULES, "model": "m" * 81}, "longer than 80"),
        ({"kind": "burn"}, "must be one of"),
        ({"repeats": "6"}, "leave 10 calls, and this takes 12"),
    ],
)
def test_what_cannot_be_begun_comes_back_with_the_reason(
    endpoint: JudgeEndpoint, cast: Cast, turn_id: str, signed_in: SignIn, fields: dict[str, str], why: str
) -> None:
    """And what was filled in stays."""
    answer = signed_in(cast.owner).post(NEW, _sent(turn_id, must_say="by Monday", **fields))
    assert answer.status_code in {400, 404}
    assert why.casefold() in answer.content.decode().replace("&#x27;", "'").casefold()
    if answer.status_code == 400:
        assert 'value="by Monday"' in answer.content.decode()
    assert not Replay.objects.exists()


def test_what_the_model_says_and_people_write_does_not_become_markup(
    endpoint: JudgeEndpoint, cast: Cast, store: Store, signed_in: SignIn
) -> None:
    """On any of the pages."""
    messages = [said("system", RULES, HOSTILE, HOSTILE + " again"), said("user", HOSTILE)]
    turn_id = record(store, cast.project.pk, messages=messages, documents=[HOSTILE, HOSTILE + " again"], answer=HOSTILE)
    blamed(store, cast.project.pk, turn_id, HOSTILE)
    shared = {"change_text": HOSTILE, "reason": HOSTILE, "model": HOSTILE, "changed_model": HOSTILE, "cause": "data"}
    one = _done(cast, turn_id, **shared, must_say=HOSTILE, before=[HOSTILE], change={"document": 0, "text": HOSTILE})
    for arm in ("control", "changed"):
        Attempt.objects.create(
            replay=one, arm=arm, number=1, answer=HOSTILE, error=HOSTILE, reasons=[HOSTILE], scores={HOSTILE: 0.5}
        )
    owner = signed_in(cast.owner)
    for path in (LIST, f"{LIST}/{one.pk}", f"{NEW}?turn={turn_id}", f"{NEW}?again={one.pk}", TRACE):
        text = owner.get(path).content.decode()
        assert "<script>alert(1)" not in text
        assert "{{ x }}" in text or path == LIST


def test_another_try_begins_from_the_last_one(
    endpoint: JudgeEndpoint, cast: Cast, turn_id: str, signed_in: SignIn
) -> None:
    """What was put in and where stands in the form; where evidence was short, ten times is offered."""
    one = _done(
        cast, turn_id, kind="swap", change={"document": 1, "text": "Other words"}, verdict="not_enough_evidence"
    )
    owner = signed_in(cast.owner)
    assert "Repeat it ten times" in owner.get(f"{LIST}/{one.pk}").content.decode()
    form = owner.get(f"{NEW}?again={one.pk}").content.decode()
    assert ">Other words</textarea>" in form
    assert 'value="swap" checked' in form
    assert '<option value="1" selected>' in form
    assert '<option value="10" selected>' in form


def test_versions_of_the_projects_prompts_are_offered(
    endpoint: JudgeEndpoint, cast: Cast, store: Store, signed_in: SignIn
) -> None:
    """Where it has any."""
    turn_id = record(store, cast.project.pk)
    owner = signed_in(cast.owner)
    assert "the project keeps no prompts" in owner.get(f"{NEW}?turn={turn_id}").content.decode()
    add_version(cast.project, NewVersion(name="support", kind="text", content="Be kind."))
    form = owner.get(f"{NEW}?turn={turn_id}").content.decode()
    assert '<option value="1@support"' in form
    assert "the project keeps no prompts" not in form


def test_the_list_is_cut_by_verdict(cast: Cast, turn_id: str, signed_in: SignIn) -> None:
    """Newest first, with counts and the interval."""
    _done(cast, turn_id)
    _done(cast, turn_id, verdict="does_not_heal", change_text="model big-2", difference=0.0, low=-0.4, high=0.4)
    owner = signed_in(cast.owner)
    everything = owner.get(LIST).content.decode()
    assert everything.index("Model big-2") < everything.index("Document 1 taken out")
    assert "21% to 100%" in everything
    healed = owner.get(f"{LIST}?verdict=heals").content.decode()
    assert ("Model big-2" in healed, "Document 1 taken out" in healed) == (False, True)
    assert "None with this verdict" in owner.get(f"{LIST}?verdict=not_enough_evidence").content.decode()
    assert "None with this verdict" in owner.get(f"{LIST}?before=1").content.decode()
    assert owner.get(f"{LIST}/999999").status_code == 404


def test_owners_let_members_replay_on_the_endpoints_page(cast: Cast, signed_in: SignIn) -> None:
    """Off until they do; members read it there."""
    sent = {"base_url": "https://example.com/v1", "model": "small-1", "is_enabled": "on", "calls_a_day": "50"}
    owner, member = signed_in(cast.owner), signed_in(cast.member)
    owner.post("/p/acme/settings/judges", sent)
    assert "Only owners may replay" in member.get("/p/acme/settings/judges").content.decode()
    owner.post("/p/acme/settings/judges", {**sent, "members_may_replay": "on"})
    assert JudgeEndpoint.objects.get().members_may_replay
    assert "Members may replay answers there." in member.get("/p/acme/settings/judges").content.decode()
