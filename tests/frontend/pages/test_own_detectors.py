"""Own detectors: owners write, try and remove them; members read; strangers learn nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from analytics.detection.chosen import chosen, named
from analytics.pipeline.detect import Detect
from analytics.questions.health import analyser_health
from backend.accounts.models import User
from backend.detection.models import OwnDetector, SettingChange
from backend.store.client import Store
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, flag, insert, turn, week

SignIn = Callable[[User], Client]
LIST = "/p/acme/settings/detectors"
SENT = {
    "name": "rivals", "by": "words", "words": "parcel\nmoon\n", "place": ["user"], "is_whole": "on",
    "severity": "high", "explanation": "Names a rival.",
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def rivals(cast: Cast, signed_in: SignIn) -> OwnDetector:
    """An own detector, made as an owner makes it."""
    assert signed_in(cast.owner).post(f"{LIST}/new", SENT).status_code == 302
    return OwnDetector.objects.get()


@pytest.fixture
def turns(store: Store, cast: Cast) -> None:
    """Three turns, two of them with the word."""
    rows = [turn("t1.0"), turn("t2.0", input_text=f"My parcel {HOSTILE}"), turn("t3.0", input_text="Hello.")]
    insert(store, cast.project.pk, "turn", rows)


@pytest.mark.parametrize("place", ["new", "preview", "own_rivals/definition", "own_rivals/remove"])
def test_only_owners_write_them(cast: Cast, rivals: OwnDetector, signed_in: SignIn, place: str) -> None:
    """A member is told so, a stranger learns nothing, nobody signs in first; nothing changes."""
    for person, status in ((cast.member, 403), (cast.stranger, 404)):
        assert signed_in(person).post(f"{LIST}/{place}", {**SENT, "words": "x"}).status_code == status
    assert Client().post(f"{LIST}/{place}", SENT).status_code == 302
    assert OwnDetector.objects.get().definition == rivals.definition


def test_members_read_what_it_looks_for(cast: Cast, rivals: OwnDetector, signed_in: SignIn) -> None:
    """In the list and on its page, with who made it."""
    text = signed_in(cast.member).get(f"{LIST}/own_rivals").content.decode()
    assert "parcel" in text
    assert "owner@example.com" in text
    assert "own_rivals" in signed_in(cast.member).get(LIST).content.decode()
    assert signed_in(cast.stranger).get(f"{LIST}/own_rivals").status_code == 404


@pytest.mark.usefixtures("turns")
def test_it_is_tried_on_recent_turns_while_it_is_written(cast: Cast, signed_in: SignIn) -> None:
    """How many, and which words; what users said does not become markup; nothing is kept."""
    owner = signed_in(cast.owner)
    for answer in (owner.post(f"{LIST}/preview", SENT), owner.post(f"{LIST}/new", {**SENT, "try": "1"})):
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "<strong>2</strong> of the newest 3 turns" in text
        assert "My <strong>parcel</strong>" in text
        assert "<script>alert(1)" not in text
    assert "RE2" in owner.post(f"{LIST}/preview", {**SENT, "by": "pattern", "pattern": "("}).content.decode()
    assert OwnDetector.objects.count() == 0


@pytest.mark.usefixtures("turns")
def test_it_flags_what_is_judged_from_then_on(cast: Cast, rivals: OwnDetector, store: Store, signed_in: SignIn) -> None:
    """Changed, it has another version; removed, its flags are gone and those of others stay."""
    project = cast.project.pk
    insert(store, project, "flag", [flag("t1.0", "off_topic")])
    assert Detect().run(project, ["t1", "t2", "t3"])["flags"] == 2
    asked = "SELECT turn_id, detector_version, severity FROM flag FINAL WHERE detector = 'own_rivals' ORDER BY turn_id"
    rows = store._client().query(asked).result_rows
    assert [(row[0], row[2]) for row in rows] == [("t1.0", "high"), ("t2.0", "high")]
    owner = signed_in(cast.owner)
    assert owner.post(f"{LIST}/own_rivals/definition", {**SENT, "words": "hello"}).status_code == 302
    assert Detect().run(project, ["t1", "t2", "t3"])["flags"] == 1
    (health,) = [one for one in analyser_health(week(project)) if one.analyser == "detector:own_rivals"]
    assert (health.looked_at, health.waiting) == (3, 0)
    (changed,) = store._client().query(asked).result_rows
    assert (changed[0], changed[1] != rows[0][1]) == ("t3.0", True)
    assert owner.post(f"{LIST}/own_rivals/remove").status_code == 302
    assert store._client().query(asked).result_rows == []
    assert store._client().query("SELECT count() FROM flag FINAL WHERE detector = 'off_topic'").result_rows[0][0] == 1
    assert named(chosen(project), "own_rivals") is None
    assert [one.what for one in SettingChange.objects.all()] == ["removed", "changed", "made"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "x"}, "3 to 40 letters"),
        ({"name": "rivals"}, "already"),
        ({"words": ""}, "either keywords or a pattern"),
        ({"by": "pattern", "pattern": "a" * 1001}, "the limit is 1,000"),
        ({"place": []}, "where to look"),
    ],
)
def test_what_cannot_be_kept_comes_back_as_it_was(
    cast: Cast, rivals: OwnDetector, signed_in: SignIn, change: dict[str, Any], said: str
) -> None:
    """With the reason, and nothing typed is lost."""
    answer = signed_in(cast.owner).post(f"{LIST}/new", {**SENT, "name": "others", **change})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert "Names a rival." in answer.content.decode()
    assert OwnDetector.objects.count() == 1


def test_another_project_has_none_of_them(cast: Cast, rivals: OwnDetector, signed_in: SignIn) -> None:
    """Not in its list, not in what judges its turns."""
    elsewhere = cast.stranger.memberships.get().project
    assert named(chosen(elsewhere.pk), "own_rivals") is None
    path = "/p/elsewhere/settings/detectors/own_rivals"
    assert signed_in(cast.stranger).get(path).status_code == 404
    assert signed_in(cast.stranger).post(f"{path}/remove").status_code == 404
    assert OwnDetector.objects.count() == 1
