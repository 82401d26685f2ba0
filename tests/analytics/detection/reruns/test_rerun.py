"""Re-runs on history: apart from flags, carried on after a kill, compared, put in place at once, and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.detection import diff, rerun, rerun_deeds, shadow
from analytics.pipeline.detect import Detect
from backend.detection.choices import Choice, choices, choose
from backend.detection.definitions import wording
from backend.detection.models import OwnDetector, Rerun, SettingChange
from backend.errors import BadRequest, NotFound, StoreAway
from backend.jobs.models import Stage
from backend.projects.models import Project
from backend.review.models import ReviewItem
from backend.store.client import Store
from tests.analytics.detection.reruns.conftest import WHO, Ask, Moon, begin, go
from tests.conftest import Cast
from tests.frontend.pages.conftest import insert, turn

_FLAGS = "SELECT turn_id, detector_version FROM flag FINAL WHERE detector = 'moon' ORDER BY turn_id"
_LEDGER = "SELECT subject_id, outcome, analyser_version FROM ledger FINAL WHERE analyser = 'detector:moon' ORDER BY 1"


def test_it_stays_apart_and_says_what_would_change(project: Project, ask: Ask) -> None:
    """Flags, ledger and settings are as they were; turns come, go and stay."""
    before = ask(_FLAGS), ask(_LEDGER)
    assert before[0] == [("t3.0", "3"), ("t4.0", "3"), ("t5.0", "3")]
    one = go(begin(project, 0.25))
    assert (one.state, one.turns, one.done, one.version) == ("ready", 6, 6, "3 from 0.25")
    found = diff.counts(one)
    assert (found.turns, found.new, found.gone, found.same, found.unjudged) == (6, 1, 0, 3, 1)
    assert [(line.turn_id, line.output_text) for line in diff.examples(one, "new")] == [("t2.0", "moon ")]
    assert found.share("same").n == 6
    assert (ask(_FLAGS), ask(_LEDGER)) == before
    assert choices(project.pk) == {}


def test_switched_on_it_takes_the_place_of_flags_ledger_and_settings(project: Project, ask: Ask) -> None:
    """The ledger names the version of each turn, review hears of it, and the difference stays readable."""
    ReviewItem.objects.all().delete()
    one = go(go(begin(project, 0.9)), "switched on")
    assert one.state == "on"
    assert ask(_FLAGS) == [("t5.0", "3 from 0.9")]
    assert [row[1:] for row in ask(_LEDGER)] == [
        ("unjudged", "3 from 0.9"), *[("ran", "3 from 0.9")] * 4, ("matched", "3 from 0.9"),
    ]  # fmt: skip
    assert choices(project.pk) == {"moon": Choice(True, 0.9)}
    found = diff.counts(one)
    assert (found.new, found.gone, found.same) == (0, 2, 1)
    assert sorted(line.turn_id for line in diff.examples(one, "gone")) == ["t3.0", "t4.0"]
    assert [change.what for change in SettingChange.objects.all()] == ["switched on", "settings"]


def test_taken_back_everything_is_as_it_was(project: Project, ask: Ask) -> None:
    """Flags, their versions, the ledger and the settings; it may be switched on again."""
    choose(project, "moon", Choice(share=0.999), WHO)
    before = ask(_FLAGS), ask(_LEDGER)
    one = go(go(go(begin(project, 0.25)), "switched on"), "taken back")
    assert one.state == "undone"
    assert (ask(_FLAGS), ask(_LEDGER)) == before
    assert choices(project.pk) == {"moon": Choice(share=0.999)}
    assert go(one, "switched on").state == "on"
    assert [row[0] for row in ask(_FLAGS)] == ["t2.0", "t3.0", "t4.0", "t5.0"]


def test_what_was_set_since_is_not_taken_back(project: Project) -> None:
    """An undo takes back its own settings and no other's."""
    one = go(go(begin(project, 0.25)), "switched on")
    choose(project, "moon", Choice(True, 0.6), WHO)
    go(one, "taken back")
    assert choices(project.pk) == {"moon": Choice(True, 0.6)}


def test_discarded_it_leaves_nothing(project: Project, ask: Ask) -> None:
    """And cannot be switched on any more; another may begin."""
    one = go(begin(project, 0.25))
    with pytest.raises(BadRequest, match="is not decided"):
        begin(project, 0.3)
    rerun_deeds.decide(one, "discarded", WHO)
    assert ask("SELECT count() FROM shadow FINAL") == [(0,)]
    with pytest.raises(BadRequest, match="is discarded"):
        rerun_deeds.decide(one, "switched on", WHO)
    assert begin(project, 0.3).state == "running"


def test_a_killed_worker_is_followed_by_one_that_goes_on(
    project: Project, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window it was in is judged again, the ones before are not."""
    monkeypatch.setattr(rerun, "WINDOW", 2)
    seen: list[str] = []
    whole = shadow.write

    def dies(one: Rerun, version: str, turns: Any, *rest: Any) -> None:
        seen.extend(turn.turn_id for turn in turns)
        whole(one, version, turns, *rest)
        if len(seen) == 4:
            raise SystemExit

    monkeypatch.setattr(shadow, "write", dies)
    one = begin(project, 0.25)
    with pytest.raises(SystemExit):
        rerun.advance(project.pk)
    one.refresh_from_db()
    assert (one.state, one.done, one.cursor) == ("running", 2, "t1.0")
    assert go(one).state == "ready"
    assert seen == [f"t{place}.0" for place in (0, 1, 2, 3, 2, 3, 4, 5)]
    assert (one.done, diff.counts(one).turns) == (6, 6)


@pytest.mark.parametrize("step", ["save", "put_in_place", "changed_traces"])
@pytest.mark.parametrize("deed", ["switched on", "taken back"])
def test_a_store_that_goes_away_while_flags_are_put_in_place_is_asked_again(
    project: Project, ask: Ask, monkeypatch: pytest.MonkeyPatch, step: str, deed: str
) -> None:
    """Whatever had been done by then, the second try ends where the first would have, and an undo still undoes."""
    before = ask(_FLAGS), ask(_LEDGER)
    one = go(begin(project, 0.9))
    if deed == "taken back":
        go(one, "switched on")
    whole = getattr(shadow, step)

    def away(*arguments: Any) -> Any:
        whole(*arguments)
        raise StoreAway("gone")

    rerun_deeds.decide(one, deed, WHO)
    with monkeypatch.context() as patch:
        patch.setattr(shadow, step, away)
        if (step, deed) != ("save", "taken back"):
            with pytest.raises(StoreAway):
                rerun.advance(project.pk)
    Stage.objects.update(claimed_until=None)
    assert go(one).state == ("on" if deed == "switched on" else "undone")
    if deed == "switched on":
        assert ask(_FLAGS) == [("t5.0", "3 from 0.9")]
        go(one, "taken back")
    assert (ask(_FLAGS), ask(_LEDGER)) == before


def test_turns_on_which_it_fails_keep_their_flag(project: Project, store: Store, ask: Ask) -> None:
    """And are counted as failed, not as gone."""
    insert(store, project.pk, "turn", [turn("t6.0", output_text="sun moon moon")])
    Detect().run(project.pk, ["t6"])
    one = go(begin(project, 0.25))
    assert (diff.counts(one).failed, diff.counts(one).gone) == (1, 0)
    go(one, "switched on")
    assert ("t6.0", "3") in ask(_FLAGS)
    assert [row for row in ask(_LEDGER) if row[0] == "t6.0"] == [("t6.0", "failed", "3 from 0.25")]


def test_a_turn_on_which_it_had_failed_has_no_flag_again_after_an_undo(
    project: Project, store: Store, ask: Ask
) -> None:
    """What stood was a failure, so a failure stands again."""
    insert(store, project.pk, "turn", [turn("t6.0", output_text="sun moon moon")])
    choose(project, "moon", Choice(threshold=0.25), WHO)
    Detect().run(project.pk, ["t6"])
    one = go(go(begin(project, 0.5)), "switched on")
    assert ("t6.0", "3") in ask(_FLAGS)
    go(one, "taken back")
    assert "t6.0" not in {row[0] for row in ask(_FLAGS)}
    assert [row for row in ask(_LEDGER) if row[0] == "t6.0"] == [("t6.0", "failed", "3 from 0.25")]


def test_turns_outside_the_period_keep_what_they_have(project: Project, store: Store, ask: Ask) -> None:
    """And so do other detectors and other projects."""
    old = turn("t9.0", output_text="moon moon", minutes=-3 * 1440)
    insert(store, project.pk, "turn", [old])
    insert(store, project.pk + 1, "turn", [turn("t3.0", output_text="moon moon")])
    Detect().run(project.pk, ["t9"])
    Detect().run(project.pk + 1, ["t3"])
    go(go(begin(project, 0.9)), "switched on")
    assert ask(f"{_FLAGS}, project_id") == [("t3.0", "3"), ("t5.0", "3 from 0.9"), ("t9.0", "3")]


def test_a_share_is_left_out_of_a_rerun_too(project: Project, ask: Ask) -> None:
    """Turns that are not looked at lose their flag, and the difference says why."""
    one = go(begin(project, 0.25, share=0.001))
    assert (diff.counts(one).sampled_out, diff.counts(one).gone) == (6, 3)


def test_another_definition_of_an_own_detector_is_tried_before_it_is_kept(
    cast: Cast, project: Project, store: Store, ask: Ask
) -> None:
    """Switched on it is what the detector looks for; taken back, it is what it was."""
    first, other = (wording({"places": ["answer"], "words": [word]}).as_json() for word in ("stars", "moon"))
    OwnDetector.objects.create(project=project, name="own_sky", kind="wording", definition=first)
    now = timezone.now()
    one = rerun_deeds.begin(project, "own_sky", Choice(), now - timedelta(days=1), now, WHO, other)
    assert OwnDetector.objects.get().definition == first
    go(go(one), "switched on")
    assert OwnDetector.objects.get().definition == other
    assert ask("SELECT count() FROM flag FINAL WHERE detector = 'own_sky'") == [(4,)]
    go(one, "taken back")
    assert OwnDetector.objects.get().definition == first
    assert ask("SELECT count() FROM flag FINAL WHERE detector = 'own_sky'") == [(0,)]


def test_another_version_that_is_installed_meanwhile_stops_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun with one is not ended with another, nor put in place beside another."""
    ready = go(begin(project, 0.25))
    with monkeypatch.context() as patch:
        patch.setattr(Moon, "version", "4")
        with pytest.raises(BadRequest, match=r"version 4 from 0\.25 by now"):
            rerun_deeds.decide(ready, "switched on", WHO)
    rerun_deeds.decide(ready, "discarded", WHO)
    one = begin(project, 0.25)
    monkeypatch.setattr(Moon, "version", "4")
    assert go(one).state == "failed"
    assert "version 4 from 0.25 now" in one.error


def test_what_cannot_be_begun_is_refused(cast: Cast, project: Project) -> None:
    """No such detector, no turn, no period."""
    now = timezone.now()
    with pytest.raises(NotFound):
        rerun_deeds.begin(project, "sun", Choice(), now - timedelta(days=1), now, WHO)
    with pytest.raises(BadRequest, match="holds 0 turns"):
        rerun_deeds.begin(project, "moon", Choice(), now - timedelta(days=300), now - timedelta(days=299), WHO)
    for start in (now, now - timedelta(days=401)):
        with pytest.raises(BadRequest, match="at most 400 days"):
            rerun_deeds.begin(project, "moon", Choice(), start, now, WHO)
    assert rerun_deeds.due() == []
