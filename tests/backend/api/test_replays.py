"""Replays by API: begun by owners, by members where an owner lets them, by keys that administer; read by all."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from backend.detection.models import JudgeEndpoint
from backend.projects.models import Scope
from backend.replays.models import Replay
from backend.store.client import Store
from tests.analytics.detection.conftest import Model, endpoint, model
from tests.analytics.replay.conftest import (
    GOOD,
    REFUSED,
    answering,
    blamed,
    finished,
    no_waits,
    record,
    sent_text,
    turn_id,
)
from tests.backend.api.conftest import holding, signed_in_api
from tests.conftest import Cast

__all__ = ["endpoint", "model", "no_waits", "turn_id"]  # the same server and the same answer

LIST = reverse("api_replays")


def _body(turn_id: str, **fields: Any) -> dict[str, Any]:
    return {"turn_id": turn_id, "kind": "drop", "change": {"document": 0}, **fields}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_waits")
def test_one_is_begun_and_read_with_every_answer(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, store: Store, turn_id: str, with_key: APIClient
) -> None:
    """What was swapped, by whom, what came back, what it cost, the verdict; and the cause is marked confirmed."""
    answering(model, lambda body: "Bicycles" not in sent_text(body))
    blamed(store, cast.project.pk, turn_id, "retrieval_failed")
    begun = with_key.post(LIST, _body(turn_id), format="json")
    assert (begun.status_code, begun.json()["state"], begun.json()["repeats"]) == (201, "running", 3)
    finished(Replay.objects.get())
    found = with_key.get(reverse("api_replay", args=[begun.json()["id"]])).json()
    told = {name: found[name] for name in ("state", "verdict", "cause", "author_name", "change_text", "failed")}
    assert told == {
        "state": "done", "verdict": "heals", "cause": "retrieval_failed", "author_name": cast.public_key,
        "change_text": "document 1 taken out", "failed": 0,
    }  # fmt: skip
    assert (found["control_healed"], found["changed_healed"], found["cost_usd"]) == (0, 3, pytest.approx(0.015))
    assert -1 <= found["low"] <= found["difference"] <= found["high"] == 1
    answers = [(one["arm"], one["answer"], one["is_healed"]) for one in found["attempts"]]
    assert sorted(answers) == [("changed", GOOD, True)] * 3 + [("control", REFUSED, False)] * 3
    assert set(found["attempts"][0]["scores"]) >= {"relevance", "groundedness"}
    assert not {"satisfaction", "resolution"} & set(found["attempts"][0]["scores"])
    scores = with_key.get(reverse("api_scores")).json()["scores"]
    assert [(one["value"], one["replay"]["state"], one["replay"]["replays"]) for one in scores] == [
        (0.85, "confirmed", [found["id"]])
    ]


def test_the_list_is_filtered_and_paged(endpoint: JudgeEndpoint, cast: Cast, turn_id: str, with_key: APIClient) -> None:
    """Newest first."""
    ids = [with_key.post(LIST, _body(turn_id), format="json").json()["id"] for _ in range(3)]
    with_key.post(f"{reverse('api_replay', args=[ids[0]])}/stop")
    first = with_key.get(LIST, {"limit": 2}).json()
    assert [one["id"] for one in first["replays"]] == ids[:0:-1]
    rest = with_key.get(LIST, {"limit": 2, "cursor": first["next"]}).json()
    assert ([one["id"] for one in rest["replays"]], rest["next"]) == (ids[:1], "")
    assert [one["id"] for one in with_key.get(LIST, {"state": "stopped", "trace_id": "r1"}).json()["replays"]] == ids[
        :1
    ]
    assert with_key.get(LIST, {"turn_id": "other.0"}).json()["replays"] == []


@pytest.mark.parametrize("members_may", [False, True])
def test_members_replay_only_where_an_owner_lets_them(
    endpoint: JudgeEndpoint, cast: Cast, turn_id: str, members_may: bool
) -> None:
    """They read either way; a stranger learns nothing, and a key that reads never spends."""
    JudgeEndpoint.objects.update(members_may_replay=members_may)
    owner = signed_in_api(cast.owner)
    one = reverse("api_replay", args=[owner.post(f"{LIST}?project=acme", _body(turn_id), format="json").json()["id"]])
    look, possible = f"{one}?project=acme", f"{reverse('api_possible_replays')}?project=acme&turn_id={turn_id}"
    member, stranger = signed_in_api(cast.member), signed_in_api(cast.stranger)
    for url in (look, possible, f"{LIST}?project=acme"):
        assert (member.get(url).status_code, stranger.get(url).status_code) == (200, 404)
        assert APIClient().get(url).status_code == 401
    assert member.get(possible).json()["may_replay"] is members_may
    begun = member.post(f"{LIST}?project=acme", _body(turn_id), format="json")
    assert begun.status_code == (201 if members_may else 403)
    assert stranger.post(f"{LIST}?project=acme", _body(turn_id), format="json").status_code == 404
    assert APIClient().post(f"{LIST}?project=acme", _body(turn_id), format="json").status_code == 401
    reader, foreign = holding(cast.project, Scope.READ), holding(cast.stranger.memberships.get().project, Scope.ADMIN)
    assert reader.get(one).status_code == 200
    assert reader.post(LIST, _body(turn_id), format="json").status_code == 403
    assert reader.get(possible.replace("project=acme&", "")).json()["may_replay"] is False
    assert foreign.get(one).status_code == foreign.post(f"{one}/stop").status_code == 404
    assert foreign.post(LIST, _body(turn_id), format="json").status_code == 400  # no endpoint, and no such turn
    assert foreign.get(LIST).json()["replays"] == []
    assert stranger.post(f"{one}/stop?project=acme").status_code == 404
    assert reader.post(f"{one}/stop").status_code == 403
    stopped = member.post(f"{one}/stop?project=acme")
    assert stopped.status_code == (200 if members_may else 403)
    assert owner.get(look).json()["stopped_by"] == ("member@example.com" if members_may else "")


def test_what_can_be_tried_is_told_and_why_nothing_can(
    endpoint: JudgeEndpoint, cast: Cast, store: Store, turn_id: str, with_key: APIClient
) -> None:
    """Documents with whether they stand in the request; a masked trace says so, and cannot be begun."""
    url = reverse("api_possible_replays")
    found = with_key.get(url, {"turn_id": turn_id}).json()
    assert (found["why_not"], found["model"], found["endpoint_model"], found["calls_left"]) == (
        "",
        "gpt-4o",
        "small-1",
        10,
    )
    assert [(one["document"], one["stands"]) for one in found["documents"]] == [(0, True), (1, True)]
    masked = record(store, cast.project.pk, "m1", attributes={"assay.masked": '{"EMAIL": ["bcdfg"]}'})
    why = with_key.get(url, {"turn_id": masked}).json()["why_not"]
    assert why == "1 value of this trace was masked before storage, so the request cannot be sent as it was"
    refused = with_key.post(LIST, _body(masked), format="json")
    assert (refused.status_code, why in refused.json()["error"]["message"]) == (400, True)
    JudgeEndpoint.objects.update(is_enabled=False)
    assert "no endpoint is switched on" in with_key.get(url, {"turn_id": turn_id}).json()["why_not"]
    assert with_key.get(url, {"turn_id": "gone.0"}).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [{"repeats": 2}, {"repeats": 11}, {"kind": "burn"}, {"change": "x"}, {"change": {}}, {"must_say": "x" * 301}],
    ids=["few", "many", "kind", "no change", "empty change", "long"],
)
def test_what_cannot_be_read_is_refused(
    endpoint: JudgeEndpoint, turn_id: str, with_key: APIClient, fields: dict[str, Any]
) -> None:
    """With a 400, and nothing is kept."""
    assert with_key.post(LIST, _body(turn_id, **fields), format="json").status_code == 400
    assert not Replay.objects.exists()


def test_owners_let_members_replay_by_api(endpoint: JudgeEndpoint, cast: Cast, with_key: APIClient) -> None:
    """With the endpoint's other settings; the change is recorded."""
    url = reverse("api_judge_endpoint")
    body = {"base_url": "https://example.com/v1", "model": "small-1", "members_may_replay": True}
    assert signed_in_api(cast.member).put(f"{url}?project=acme", body, format="json").status_code == 403
    assert with_key.put(url, body, format="json").json()["endpoint"]["members_may_replay"] is True
    change = cast.project.detector_changes.first()
    assert change
    assert (change.before["members_may_replay"], change.after["members_may_replay"]) == (False, True)
