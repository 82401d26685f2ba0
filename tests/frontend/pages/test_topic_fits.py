"""How topics were found: who may see it and ask for a fit, and what each fit is said to have changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from analytics.pipeline import fit_due
from backend.accounts.models import User
from backend.jobs.claims import stages_of
from backend.topics.models import Topic, TopicFit
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE

SignIn = Callable[[User], Client]
FITS, FIND = "/p/acme/topics/fits", "/p/acme/topics/find"


def a_fit(cast: Cast, hours_ago: float, **changes: object) -> TopicFit:
    """A fit that began so long ago and was published a minute later."""
    began = timezone.now() - timedelta(hours=hours_ago)
    usual = {"state": "retired", "conversations": 40, "published_at": began + timedelta(minutes=1), "measures": {}}
    made = TopicFit.objects.create(project=cast.project, **(usual | changes))
    TopicFit.objects.filter(pk=made.pk).update(created_at=began)
    return made


def event(hours_ago: float, name: str) -> dict[str, object]:
    """What happened to a topic, half a minute after a fit of that time began."""
    at = timezone.now() - timedelta(hours=hours_ago) + timedelta(seconds=30)
    return {"at": at.isoformat(), "event": name, "topics": []}


@pytest.mark.parametrize("who", ["owner", "member"])
def test_each_fit_tells_what_it_was_and_what_it_changed(cast: Cast, signed_in: SignIn, who: str) -> None:
    """The newest first; a change belongs to the fit that made it; a reason is text."""
    a_fit(cast, 5, measures={"topics": 2, "stability": 0.71, "other": 0.04, "seconds": 3.2}, reason="the first 40")
    a_fit(cast, 2, state="published", reason=HOSTILE)
    a_fit(cast, 1, state="failed", published_at=None, reason="too few")
    for number, lineage in ((1, [event(5, "found")]), (2, [event(5, "found"), event(2, "retired")])):
        Topic.objects.create(project=cast.project, number=number, machine_name=f"t{number}", lineage=lineage)
    text = signed_in(getattr(cast, who)).get(FITS).content.decode()
    rows = text.split('aria-label="Fits of topics"')[1].split("<tbody>")[1].split("</tbody>")[0].split("</tr>")
    assert "Failed:" in rows[0]
    assert "1 gone" in rows[1]
    assert "(in use)" in rows[1]
    assert "2 found" in rows[2]
    for words in ("0.71", "4%", "3.2 s", "the first 40"):
        assert words in rows[2]
    assert HOSTILE not in text


@pytest.mark.parametrize("who", ["owner", "member"])
def test_what_became_of_topics_is_drawn_and_listed(cast: Cast, signed_in: SignIn, who: str) -> None:
    """Each event with its topics as links and who did it; names are text."""
    a_fit(cast, 5)
    a_fit(cast, 2, state="published")
    split = {**event(2, "split from"), "topics": [1]}
    merged = {**event(1, "merged into"), "topics": [1], "by": "ann@example.com"}
    for number, lineage in ((1, [event(5, "found")]), (2, [split]), (3, [event(5, "found"), merged])):
        state = "merged" if number == 3 else "active"
        Topic.objects.create(
            project=cast.project, number=number, machine_name=f"t{number}{HOSTILE}", lineage=lineage, state=state
        )
    text = signed_in(getattr(cast, who)).get(FITS).content.decode()
    told = text.split("event by event")[1].split("<tbody>")[1].split("</tbody>")[0].split("</tr>")
    assert "Merged into" in told[0]
    assert "ann@example.com" in told[0]
    assert "/p/acme/topics/3" in told[0]
    assert "Split off from" in told[1]
    assert "/p/acme/topics/1" in told[1]
    assert "a fit" in told[1]
    assert 'id="topic-lineage-spec"' in text
    assert "<script>alert" not in text


def test_where_nothing_happened_the_page_says_so(cast: Cast, signed_in: SignIn) -> None:
    """An empty drawing tells nothing."""
    a_fit(cast, 2, state="published")
    assert "none was split, merged, added or given up" in signed_in(cast.member).get(FITS).content.decode()


def test_before_any_fit_the_page_says_when_there_will_be_one(cast: Cast, signed_in: SignIn) -> None:
    """An empty table tells nothing."""
    assert "Topics were not looked for yet" in signed_in(cast.member).get(FITS).content.decode()


@pytest.mark.parametrize("who", ["owner", "member"])
def test_a_fit_is_asked_for(cast: Cast, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    """The next worker that is free finds them anew; with too few conversations nothing is asked."""
    client = signed_in(getattr(cast, who))
    there = {"count": 29}
    monkeypatch.setattr(fit_due, "conversations", lambda project_id: there["count"])
    assert "once there are 30" in client.post(FIND, follow=True).content.decode()
    (stage,) = stages_of(cast.project.pk, ["fit"])
    assert stage.cursor == ""
    there["count"] = 30
    assert client.post(FIND).status_code == 302
    assert fit_due.reason(cast.project.pk) == "asked for by a person"


def test_strangers_and_nobody_are_kept_out_and_a_link_starts_nothing(cast: Cast, signed_in: SignIn) -> None:
    """No project for strangers, the sign-in page for nobody, and no fit by following a link."""
    stranger = signed_in(cast.stranger)
    assert stranger.get(FITS).status_code == 404
    assert stranger.post(FIND).status_code == 404
    assert "/sign-in" in Client().get(FITS)["Location"]
    assert signed_in(cast.member).get(FIND).status_code == 405
