"""The page of what is stored: owners change it, members read, strangers see nothing; traces tell what was masked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.policies.models import policy_of, policy_row
from backend.store.client import Store
from ingest.redaction.spans import redacted
from tests.analytics.pipeline.building import put
from tests.conftest import Cast
from tests.frontend.pages.sent import exchange

PATH = "/p/acme/settings/privacy"
CHECKED = 'name="masks_names" value="on" checked'
SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def test_owner_and_member_see_it_and_a_stranger_does_not(cast: Cast, signed_in: SignIn) -> None:
    """Only owners see what changes it, and only they may."""
    form = {"redaction": "mask", "own_patterns": "CUSTOMER KD-[0-9]+"}
    owner, member = signed_in(cast.owner), signed_in(cast.member)
    assert "Change it" in owner.get(PATH).content.decode()
    assert "Change it" not in member.get(PATH).content.decode()
    assert member.get(PATH).status_code == 200
    assert member.post(f"{PATH}/set", form).status_code == 403
    assert signed_in(cast.stranger).get(PATH).status_code == 404
    assert signed_in(cast.stranger).post(f"{PATH}/set", form).status_code == 404
    assert Client().get(PATH).status_code == 302
    assert policy_of(cast.project.pk).mode == "off"
    assert owner.post(f"{PATH}/set", form).status_code == 302
    assert (policy_of(cast.project.pk).mode, policy_of(cast.project.pk).own[0].pattern) == ("mask", "KD-[0-9]+")
    text = member.get(PATH).content.decode()
    assert "owner@example.com" in text
    assert "KD-[0-9]+" in text


def test_members_read_whether_names_are_masked(cast: Cast, signed_in: SignIn) -> None:
    """What is looked for names them only where they are; nothing is said of them where nothing is masked."""
    form = {"redaction": "mask", "own_patterns": ""}
    owner, member = signed_in(cast.owner), signed_in(cast.member)
    assert "postal addresses</strong>" not in member.get(PATH).content.decode()
    assert "stay as they are sent" not in member.get(PATH).content.decode()
    owner.post(f"{PATH}/set", form)
    text = member.get(PATH).content.decode()
    assert "Names of people and postal addresses stay as they are sent." in text
    assert "names of people, postal addresses" not in text
    assert member.post(f"{PATH}/set", form | {"masks_names": "on"}).status_code == 403
    assert not policy_of(cast.project.pk).masks_names
    owner.post(f"{PATH}/set", form | {"masks_names": "on"})
    assert policy_of(cast.project.pk).masks_names
    assert CHECKED in owner.get(PATH).content.decode()
    text = member.get(PATH).content.decode()
    assert "in content are masked too, as far as they are found." in text
    assert "names of people, postal addresses" in text
    owner.post(f"{PATH}/set", form | {"redaction": "drop", "masks_names": "on"})
    assert "in content are masked too" not in member.get(PATH).content.decode()


def test_a_refused_form_shows_what_was_chosen(cast: Cast, signed_in: SignIn) -> None:
    """And not what is stored."""
    owner = signed_in(cast.owner)
    broken = {"redaction": "mask", "own_patterns": "CUSTOMER ("}
    assert CHECKED in owner.post(f"{PATH}/set", broken | {"masks_names": "on"}).content.decode()
    assert not policy_of(cast.project.pk).masks_names
    policy_row(cast.project).set_redaction("mask", [], masks_names=True)
    assert CHECKED not in owner.post(f"{PATH}/set", broken).content.decode()
    assert CHECKED in owner.get(PATH).content.decode()
    refused = owner.post(f"{PATH}/sampling", {"kept_percent": "0", "hold_hours": "1"})
    assert CHECKED in refused.content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {"redaction": "all", "own_patterns": ""},
        {"redaction": "mask", "own_patterns": "CUSTOMER"},
        {"redaction": "mask", "own_patterns": "CUSTOMER ("},
        {"redaction": "mask", "own_patterns": "<script>alert(1)</script> x"},
    ],
)
def test_what_cannot_be_used_changes_nothing_and_stays_in_the_form(
    cast: Cast, signed_in: SignIn, form: dict[str, str]
) -> None:
    """With the reason above it."""
    answer = signed_in(cast.owner).post(f"{PATH}/set", form)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "Nothing was changed" in text
    assert "<script>alert" not in text
    assert policy_of(cast.project.pk).mode == "off"


def test_a_trace_tells_what_was_masked(cast: Cast, signed_in: SignIn, store: Store) -> None:
    """Of all its spans together, each value once; and that content was left out."""
    policy_row(cast.project).set_redaction("mask", [])
    said = "I am joe.smith@leak-corp.org, or a@leak-corp.org; card 4539578763621486"
    sent = exchange("t1", said=said)
    put(store, cast.project.pk, [redacted(span, policy_of(cast.project.pk)) for span in sent])
    text = signed_in(cast.member).get("/p/acme/traces/t1").content.decode()
    assert "2 e-mail addresses and 1 payment card were masked before storage." in text
    assert "leak-corp" not in text
    policy_row(cast.project).set_redaction("drop", [])
    put(store, cast.project.pk, [redacted(span, policy_of(cast.project.pk)) for span in exchange("t2")])
    assert "Content was not stored" in signed_in(cast.member).get("/p/acme/traces/t2").content.decode()
    put(store, cast.project.pk, exchange("t3", attributes={"assay.masked": "[no json"}))
    assert "before storage" not in signed_in(cast.member).get("/p/acme/traces/t3").content.decode()


def test_only_owners_set_sampling(cast: Cast, signed_in: SignIn, store: Store) -> None:
    """And figures out of range change nothing."""
    form = {"kept_percent": "10", "hold_hours": "48"}
    assert signed_in(cast.member).post(f"{PATH}/sampling", form).status_code == 403
    assert signed_in(cast.stranger).post(f"{PATH}/sampling", form).status_code == 404
    owner = signed_in(cast.owner)
    for wrong in ({"kept_percent": "0"}, {"kept_percent": "x"}, {"hold_hours": "9999"}, {"kept_percent": "nan"}):
        answer = owner.post(f"{PATH}/sampling", form | wrong)
        assert answer.status_code == 400
        assert "Nothing was changed" in answer.content.decode()
    assert policy_row(cast.project).kept_share == 1
    assert owner.post(f"{PATH}/sampling", form).status_code == 302
    assert (policy_row(cast.project).kept_share, policy_row(cast.project).hold_hours) == (0.1, 48)
    text = signed_in(cast.member).get(PATH).content.decode()
    assert "10 % of ordinary traces stay whole." in text
    assert "Ordinary traces that stay whole, in percent" not in text


def test_pages_tell_what_was_left_out(cast: Cast, signed_in: SignIn, store: Store) -> None:
    """The trace keeps its page, whichever view is asked for; the counts stand where people look for lost traces."""
    project_id = cast.project.pk
    put(store, project_id, [*exchange("t1"), *exchange("t2")])
    fate = {"start_time": 1, "spans": 3, "reason": "", "rate": 0.1, "project_id": project_id}
    rows = [fate | {"trace_id": "t1", "fate": "left_out"}, fate | {"trace_id": "t2", "fate": "by_chance"}]
    store.insert("trace_fate", list(rows[0]), [[row[name] for row in rows] for name in rows[0]])
    store.command(f"DELETE FROM span WHERE project_id = {project_id} AND trace_id = 't1'")
    page = signed_in(cast.member)
    for view in ("conversation", "spans", "raw"):
        answer = page.get(f"/p/acme/traces/t1?view={view}")
        assert answer.status_code == 200
        assert "Left out by sampling" in answer.content.decode()
    detail = page.get("/p/acme/traces/t1?span=chat", headers={"HX-Request": "true", "HX-Target": "span-detail"})
    assert "left out by sampling" in detail.content.decode()
    assert "Kept whole by chance, as 10" in page.get("/p/acme/traces/t2").content.decode()
    assert "Sampling left out the spans of 1 trace." in page.get("/p/acme/settings/arrivals").content.decode()
    assert "1 were left out with 3 spans" in page.get(PATH).content.decode()
