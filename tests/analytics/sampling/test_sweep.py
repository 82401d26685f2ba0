"""Sampling after the fact: what went wrong is kept whole, of the rest a share, and no count changes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from analytics.pipeline.assemble import Assemble
from analytics.pipeline.order import NAMES
from analytics.questions.overview import totals
from analytics.questions.sampled import decided, fates_of
from analytics.questions.scope import Range, Scope
from analytics.sampling.fate import Ended, fate_of, place_of
from analytics.sampling.sweep import sweep
from backend.errors import BadRequest
from backend.jobs.models import Stage
from backend.policies.models import ProjectPolicy, policy_row
from backend.review.filling import Candidate, default_queue, fill
from backend.review.models import ReviewItem
from backend.store.client import Store
from backend.store.query import Query
from tests.analytics.pipeline.building import NOON, chat, put
from tests.conftest import Cast
from tests.frontend.pages.conftest import flag, insert

DAY = Range(NOON - timedelta(days=1), NOON + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class _Trace:
    trace_id: str


_WHOLE = Query("test_whole", "SELECT DISTINCT trace_id FROM span WHERE project_id = {project_id:UInt32}", _Trace)
_LISTED = Query(
    "test_listed", "SELECT DISTINCT trace_id FROM span_preview WHERE project_id = {project_id:UInt32}", _Trace
)


def _ids(store: Store, query: Query[_Trace], project_id: int) -> set[str]:
    return {one.trace_id for one in store.fetch(query, project_id=project_id)}


def _stages_at(project_id: int, moment: datetime) -> None:
    for name in NAMES:
        Stage.objects.update_or_create(project_id=project_id, name=name, defaults={"position": moment})


def _sampling(cast: Cast, share: float = 0.001) -> ProjectPolicy:
    row = policy_row(cast.project)
    row.salt = "00" * 16  # a drawn one keeps one of thirty traces of a thousandth, in three runs of a hundred
    row.set_sampling(share, 1)
    return row


def _score(trace_id: str = "", conversation_id: str = "", source: str = "client") -> dict[str, object]:
    return {
        "score_id": f"s-{trace_id}{conversation_id}{source}", "name": "csat", "value": 1.0, "label": "",
        "explanation": "", "source": source, "author": "", "trace_id": trace_id, "span_id": "", "turn_id": "",
        "conversation_id": conversation_id, "time": 1,
    }  # fmt: skip


def _later(hours: float = 2) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


@pytest.fixture
def swept(store: Store, cast: Cast) -> set[str]:
    """Thirty ordinary traces and six that something speaks for; turns were made of all, and the hold is over."""
    project_id = cast.project.pk
    _sampling(cast)
    ordinary = {f"o{at}" for at in range(30)}
    special = {"failed", "flagged", "scored", "told", "judged", "reviewed"}
    for trace_id in ordinary | special:
        failed = {"status": "error"} if trace_id == "failed" else {}
        put(store, project_id, chat(trace_id, "Where?", "There.", conversation_id=f"c-{trace_id}", **failed))
    Assemble().run(project_id, sorted(ordinary | special))
    insert(store, project_id, "flag", [flag("flagged.0", "refusal")])
    scores = [_score("scored"), _score(conversation_id="c-told"), _score("judged", source="analyser")]
    insert(store, project_id, "score", scores)
    queue = default_queue(project_id)
    fill(queue, [Candidate("reviewed.0", "reviewed", "c", NOON, ReviewItem.Origin.FLAG, "x", 1.0)])
    _stages_at(project_id, _later())
    return ordinary


def test_what_went_wrong_is_kept_whole_and_counts_stay(store: Store, cast: Cast, swept: set[str]) -> None:
    """Errors, flags, scores of people and clients, of a trace or its conversation, and what stands in review."""
    project_id = cast.project.pk
    scope = Scope(project_id, DAY)
    before = totals(scope)
    assert sweep(project_id, now=_later()) == 36
    kept = {"failed", "flagged", "scored", "told", "reviewed"}
    assert _ids(store, _WHOLE, project_id) == kept
    assert _ids(store, _LISTED, project_id) == kept | swept | {"judged"}
    assert totals(scope) == before
    fates = fates_of(project_id, ["failed", "flagged", "told", "reviewed", "o1"])
    assert {name: (one.fate, one.reason, one.rate) for name, one in fates.items()} == {
        "failed": ("always", "error", 1.0), "flagged": ("always", "flag", 1.0), "told": ("always", "score", 1.0),
        "reviewed": ("always", "review", 1.0), "o1": ("left_out", "", 0.001),
    }  # fmt: skip
    told = decided(project_id, datetime.now(UTC) - timedelta(hours=1))
    assert (told.always, told.by_chance, told.left_out, told.spans_left_out) == (5, 0, 31, 93)


def test_a_second_sweep_changes_nothing(store: Store, cast: Cast, swept: set[str]) -> None:
    """Also one that begins where the first did, as after a kill in its middle."""
    project_id = cast.project.pk
    row = ProjectPolicy.objects.get(project=cast.project)
    sweep(project_id, now=_later())
    whole = _ids(store, _WHOLE, project_id)
    assert sweep(project_id, now=_later()) == 0
    ProjectPolicy.objects.filter(project=cast.project).update(swept_to=row.swept_to)
    assert sweep(project_id, now=_later()) == 36
    assert _ids(store, _WHOLE, project_id) == whole


def test_nothing_is_left_out_before_its_hold_or_before_it_is_read(store: Store, cast: Cast, swept: set[str]) -> None:
    """A flag that is still to come must be able to keep its trace."""
    project_id = cast.project.pk
    everything = _ids(store, _WHOLE, project_id)
    assert sweep(project_id, now=_later(0.5)) == 0
    Stage.objects.filter(project=cast.project, name="detect").update(position=NOON)
    assert sweep(project_id, now=_later()) == 0
    Stage.objects.filter(project=cast.project, name="detect").delete()
    assert sweep(project_id, now=_later()) == 0
    assert _ids(store, _WHOLE, project_id) == everything


def test_what_was_stored_before_the_rule_stays(store: Store, cast: Cast) -> None:
    """A rule is no reason to delete what its project has relied on."""
    put(store, cast.project.pk, chat("old", "Where?", "There."))
    time.sleep(0.01)
    _sampling(cast)
    _stages_at(cast.project.pk, _later())
    assert sweep(cast.project.pk, now=_later()) == 0
    assert _ids(store, _WHOLE, cast.project.pk) == {"old"}


def test_spans_that_come_late_follow_their_trace_and_leave_its_turns(store: Store, cast: Cast, swept: set[str]) -> None:
    """Turns made of the late span alone would be wrong."""
    project_id = cast.project.pk
    sweep(project_id, now=_later())
    before = totals(Scope(project_id, DAY)).turns
    ProjectPolicy.objects.update(swept_to=datetime.now(UTC))  # the sweep above looked from the future
    put(store, project_id, [chat("o1", "Where?", "There.")[2]])
    Assemble().run(project_id, ["o1"])
    assert totals(Scope(project_id, DAY)).turns == before
    _stages_at(project_id, _later(6))
    assert sweep(project_id, now=_later(4)) == 1
    assert "o1" not in _ids(store, _WHOLE, project_id)


def test_another_projects_traces_are_never_touched(store: Store, cast: Cast, swept: set[str]) -> None:
    """Though they have the same ids."""
    other = cast.stranger.memberships.get().project
    put(store, other.pk, chat("o1", "Where?", "There."))
    sweep(cast.project.pk, now=_later())
    assert sweep(other.pk, now=_later()) == 0
    assert _ids(store, _WHOLE, other.pk) == {"o1"}


def test_the_share_is_kept_and_a_trace_stands_where_it_stands() -> None:
    """Of 20,000 ids a tenth within four standard errors; what a tenth keeps a half keeps too; salts differ."""
    ids = [f"{at:032x}" for at in range(20_000)]
    tenth = {one for one in ids if place_of(one, b"a") < 0.1}
    assert abs(len(tenth) - 2000) < 4 * (20_000 * 0.1 * 0.9) ** 0.5
    assert tenth < {one for one in ids if place_of(one, b"a") < 0.5}
    assert tenth != {one for one in ids if place_of(one, b"b") < 0.1}


def test_weights_give_back_the_whole() -> None:
    """Each kept trace stands for one over its rate: the sum is the number there were, within its error."""
    ids = [f"{at:032x}" for at in range(20_000)]
    reasons = {"error": set(ids[:500])}
    fates = [fate_of(Ended(one, 0, 1, ""), 0.1, b"a", reasons) for one in ids]
    weighed = sum(1 / one.rate for one in fates if one.fate != "left_out")
    assert abs(weighed - 20_000) < 4 * (19_500 * 0.9 / 0.1) ** 0.5


@pytest.mark.parametrize(("share", "hold"), [(0, 1), (1.5, 1), (float("nan"), 1), (0.5, 0), (0.5, 721)])
def test_figures_out_of_range_are_refused(cast: Cast, share: float, hold: int) -> None:
    """And nothing is changed."""
    with pytest.raises(BadRequest, match="must be from"):
        policy_row(cast.project).set_sampling(share, hold)
    assert not ProjectPolicy.objects.exists()
