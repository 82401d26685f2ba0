"""Pages of re-runs: owners begin and decide, members look, strangers learn nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from analytics.detection.rerun import advance
from analytics.pipeline.detect import Detect
from backend.accounts.models import User
from backend.detection.definitions import wording
from backend.detection.models import OwnDetector, Rerun
from backend.store.client import Store
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, insert, turn

SignIn = Callable[[User], Client]
PAGE = "/p/acme/settings/detectors/own_sky"


@pytest.fixture
def sky(store: Store, cast: Cast) -> OwnDetector:
    """An own detector that has flagged the first of two turns."""
    texts = {"t1.0": "stars", "t2.0": f"moon {HOSTILE}"}
    insert(store, cast.project.pk, "turn", [turn(name, output_text=text) for name, text in texts.items()])
    definition = wording({"places": ["answer"], "words": ["stars"], "explanation": HOSTILE[:200]}).as_json()
    made = OwnDetector.objects.create(project=cast.project, name="own_sky", kind="wording", definition=definition)
    Detect().run(cast.project.pk, ["t1", "t2"])
    return made


@pytest.fixture
def begun(cast: Cast, sky: OwnDetector, signed_in: SignIn) -> Rerun:
    """A re-run of it with another word, as the form begins it."""
    sent = {"words": "moon", "place": "answer", "severity": "low", "rerun": "1", "days": "1"}
    answer = signed_in(cast.owner).post(f"{PAGE}/definition", sent)
    found = Rerun.objects.get()
    assert answer.headers["Location"] == f"{PAGE}/reruns/{found.pk}"
    return found


def test_members_look_and_strangers_learn_nothing(cast: Cast, begun: Rerun, signed_in: SignIn) -> None:
    """While it runs, when it is ready, as a part to poll; nothing of telemetry becomes markup."""
    path = f"{PAGE}/reruns/{begun.pk}"
    assert "0 of 2" in signed_in(cast.member).get(f"{path}?part=1").content.decode()
    assert path in signed_in(cast.member).get("/p/acme/analysis").content.decode()
    advance(cast.project.pk)
    for address in (path, f"{path}?part=1"):
        for person in (cast.owner, cast.member):
            answer = signed_in(person).get(address)
            assert answer.status_code == 200
            assert "<script>alert(1)" not in answer.content.decode()
        assert signed_in(cast.stranger).get(address).status_code == 404
        assert Client().get(address).status_code == 302
    text = signed_in(cast.owner).get(path).content.decode()
    assert all(words in text for words in ("Newly flagged", "No longer flagged", "Switch on", "Ready to compare"))
    assert "Switch on</button>" not in signed_in(cast.member).get(path).content.decode()
    assert signed_in(cast.owner).get(f"/p/acme/settings/detectors/refusal/reruns/{begun.pk}").status_code == 404


def test_only_owners_begin_and_decide(cast: Cast, begun: Rerun, signed_in: SignIn) -> None:
    """A member is told so, a stranger learns nothing; nothing begins and nothing changes."""
    advance(cast.project.pk)
    deeds = [(f"{PAGE}/reruns", {"days": "1"}), (f"{PAGE}/reruns/{begun.pk}/decide", {"deed": "switch"})]
    for path, sent in deeds:
        assert signed_in(cast.member).post(path, sent).status_code == 403
        assert signed_in(cast.stranger).post(path, sent).status_code == 404
        assert Client().post(path, sent).status_code == 302
    assert Rerun.objects.get().state == "ready"


def test_an_owner_switches_it_on_takes_it_back_and_discards_it(
    cast: Cast, begun: Rerun, sky: OwnDetector, store: Store, signed_in: SignIn
) -> None:
    """Each deed where it can be done; a page of a discarded one still opens."""
    owner, path = signed_in(cast.owner), f"{PAGE}/reruns/{begun.pk}"
    advance(cast.project.pk)
    for deed, state, flagged in (("switch", "on", "t2.0"), ("undo", "undone", "t1.0")):
        assert owner.post(f"{path}/decide", {"deed": deed}).status_code == 302
        advance(cast.project.pk)
        begun.refresh_from_db()
        assert begun.state == state
        (row,) = store._client().query("SELECT turn_id FROM flag FINAL WHERE detector = 'own_sky'").result_rows
        assert row[0] == flagged
        assert owner.get(path).status_code == 200
    assert owner.post(f"{path}/decide", {"deed": "discard"}).status_code == 302
    assert "Discarded" in owner.get(path).content.decode()
    refused = owner.post(f"{path}/decide", {"deed": "switch"})
    assert (refused.status_code, "cannot be switched on now" in refused.content.decode()) == (400, True)
    assert owner.post(f"{path}/decide", {"deed": "explode"}).status_code == 400


def test_a_detector_of_the_product_is_run_again_with_another_threshold(
    cast: Cast, sky: OwnDetector, signed_in: SignIn
) -> None:
    """From its page, over one of the periods offered; the page lists what was run."""
    owner = signed_in(cast.owner)
    page = "/p/acme/settings/detectors/refusal"
    assert owner.post(f"{page}/reruns", {"threshold": "0.3", "days": "30"}).status_code == 302
    assert Rerun.objects.get().version.endswith("from 0.3")
    assert Rerun.objects.get().version in owner.get(page).content.decode()
    for wrong in ({"threshold": "7", "days": "30"}, {"threshold": "x", "days": "30"}, {"days": "31"}):
        assert owner.post(f"{page}/reruns", wrong).status_code == 400
    assert "is not decided" in owner.post(f"{page}/reruns", {"days": "1"}).content.decode()
