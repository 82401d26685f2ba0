"""Recomputes: a day at a time, exact about what changed, and safe to end anywhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from backend.errors import BadRequest, StoreAway, StoreError
from backend.jobs.models import Run
from backend.prices.models import ProjectPrice, Recompute
from backend.projects.models import Project
from backend.store.client import Store
from backend.store.query import Query
from backend.store.rows import insert_all, span_rows
from backend.telemetry.span import Span
from ingest.prices import recomputing
from ingest.prices.recompute import Change

pytestmark = pytest.mark.django_db
FIRST = date(2026, 9, 21)


@dataclass(frozen=True, slots=True)
class _Cost:
    cost_usd: float | None


_COSTS = Query(
    "test_recomputed_costs",
    "SELECT cost_usd FROM span FINAL WHERE project_id = {project_id:UInt32} ORDER BY span_id",
    _Cost,
)


def _call(number: int, day: date, model: str, **fields: Any) -> Span:
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()) * 10**9
    given = {"operation": "chat", "request_model": model, "provider": "openai", "uncached_input_tokens": 1000, **fields}
    return Span(trace_id="a" * 32, span_id=f"{number:016x}", start_time=noon, end_time=noon, **given)


@pytest.fixture
def project(store: Store) -> Project:
    """Three days with an unpriced model each, one call that is priced right and one that is not."""
    made = Project.objects.create(name="Acme", slug="acme")
    spans = [_call(number, FIRST + timedelta(days=number), "house-llm") for number in range(3)]
    spans += [
        _call(8, FIRST, "gpt-4o-mini", cost_usd=0.00015),
        _call(9, FIRST, "gpt-4o-mini", cost_usd=0.5, uncached_input_tokens=2000),
        _call(10, FIRST + timedelta(days=3), "house-llm"),
    ]
    insert_all(store, [span_rows(made.pk, spans), span_rows(made.pk + 1, spans)])
    ProjectPrice.objects.create(project=made, model="house-.*", since=FIRST, input=1.0, output=2.0)
    time.sleep(0.01)  # the store keeps the row that came last, by the microsecond
    return made


def _begun(project: Project, days: int = 3) -> Recompute:
    return recomputing.begin(project, FIRST, FIRST + timedelta(days=days), "owner@example.com")


def _stored(store: Store, project_id: int) -> list[float | None]:
    return [row.cost_usd for row in store.fetch(_COSTS, project_id=project_id)]


def test_it_tells_what_changed_by_model_and_in_all(project: Project, store: Store) -> None:
    """Days beyond the period and other projects stay as they are; a second one changes nothing."""
    begun = _begun(project)
    assert recomputing.due() == [project.pk]
    recomputing.advance(project.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.days, begun.days_done, begun.pending, recomputing.due()) == ("done", 3, 3, None, [])
    mini, house = begun.changes
    assert (mini["model"], mini["calls"], mini["changed"]) == ("gpt-4o-mini", 2, 1)
    assert (mini["before_usd"], mini["after_usd"]) == (pytest.approx(0.50015), pytest.approx(0.00045))
    assert (house["model"], house["calls"], house["changed"]) == ("house-llm", 3, 3)
    assert (house["unpriced_before"], house["unpriced_after"]) == (3, 0)
    assert (house["before_usd"], house["after_usd"]) == (0, pytest.approx(0.003))
    assert begun.totals["after_usd"] == pytest.approx(0.00345)
    assert _stored(store, project.pk) == [pytest.approx(cost) for cost in (0.001,) * 3 + (0.00015, 0.0003)] + [None]
    assert _stored(store, project.pk + 1)[:4] == [None, None, None, 0.00015]
    again = _begun(project)
    recomputing.advance(project.pk)
    again.refresh_from_db()
    assert (again.totals["changed"], again.totals["before_usd"]) == (0, pytest.approx(0.00345))


def test_a_worker_that_dies_in_a_day_loses_no_figure(
    project: Project, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one adds what was noted before the day's calls were stored again, once."""
    begun = _begun(project)

    def dies(*_: object) -> None:
        real(*_)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    real = recomputing.store_anew
    with monkeypatch.context() as patched:
        patched.setattr(recomputing, "store_anew", dies)
        with pytest.raises(KeyboardInterrupt):
            recomputing.advance(project.pk)
    begun.refresh_from_db()
    assert (begun.day, begun.changes, len(begun.pending)) == (FIRST, [], 2)
    assert _stored(store, project.pk)[0] == pytest.approx(0.001)
    recomputing.advance(project.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.totals["changed"]) == ("done", 4)
    assert begun.totals["before_usd"] == pytest.approx(0.50015)


def test_it_goes_on_where_time_ran_out(project: Project, store: Store) -> None:
    """A day a poke where no time is left; each day once."""
    begun = _begun(project)
    for done in (1, 2, 3):
        recomputing.advance(project.pk, seconds=0)
        begun.refresh_from_db()
        assert begun.days_done == done
    assert begun.totals["calls"] == 5


def test_a_store_that_is_away_is_waited_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often; what it refuses ends the recompute and says so."""
    begun = _begun(project)

    def refuses(fault: StoreError) -> None:
        def asked(*_: object) -> list[Change]:
            raise fault

        monkeypatch.setattr(recomputing, "changes_of", asked)

    refuses(StoreAway("not now"))
    for _ in range(5):
        with pytest.raises(StoreAway):
            recomputing.advance(project.pk)
    begun.refresh_from_db()
    assert begun.state == "running"
    refuses(StoreError("the disk is full"))
    recomputing.advance(project.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.error) == ("failed", f"{FIRST}: the disk is full")


def test_a_day_that_kills_workers_is_given_up(project: Project) -> None:
    """After three of them."""
    begun = _begun(project)
    recomputing.advance(project.pk, seconds=0)
    begun.refresh_from_db()
    stage = Run.objects.get().stage
    for _ in range(3):
        Run.objects.create(stage=stage, state=Run.State.FAILED, counts={"place": f"{begun.pk} {begun.day}"})
    recomputing.advance(project.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.days_done, "ended 3 times" in begun.error) == ("failed", 1, True)


def test_today_waits_until_every_web_server_knows_the_prices(store: Store) -> None:
    """Else calls that came in by the old price would stay so."""
    made = Project.objects.create(name="Acme", slug="acme")
    today = timezone.now().date()
    begun = recomputing.begin(made, today - timedelta(days=1), today + timedelta(days=1), "x")
    recomputing.advance(made.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.day) == ("running", today)
    Recompute.objects.update(created_at=timezone.now() - timedelta(seconds=16))
    recomputing.advance(made.pk)
    begun.refresh_from_db()
    assert begun.state == "done"


def test_one_that_is_stopped_keeps_the_days_that_are_done(project: Project, store: Store) -> None:
    """And cannot be stopped twice."""
    begun = _begun(project)
    recomputing.advance(project.pk, seconds=0)
    recomputing.stop(begun, "owner@example.com")
    recomputing.advance(project.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.days_done, begun.stopped_by) == ("stopped", 1, "owner@example.com")
    assert _stored(store, project.pk)[:2] == [pytest.approx(0.001), None]
    with pytest.raises(BadRequest, match="is stopped"):
        recomputing.stop(begun, "owner@example.com")


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        (FIRST, FIRST, "must be after start"),
        (FIRST - timedelta(days=400), FIRST + timedelta(days=1), "longer than 400 days"),
        (date(2014, 12, 1), date(2015, 2, 1), "beyond the days"),
        (date(2199, 1, 1), date(2199, 1, 2), "beyond the days"),
    ],
)
def test_days_that_cannot_be_priced_are_refused(project: Project, start: date, end: date, says: str) -> None:
    """In words, and nothing begins."""
    with pytest.raises(BadRequest, match=says):
        recomputing.begin(project, start, end, "x")
    assert not Recompute.objects.exists()


def test_two_do_not_run_at_once(project: Project) -> None:
    """They would undo each other's figures."""
    _begun(project)
    with pytest.raises(BadRequest, match="is running"):
        _begun(project)


def test_models_beyond_two_hundred_are_told_together() -> None:
    """A client that makes up names fills no row of the database; the sums stay whole."""
    changes = [Change("p", f"m{at}", "", 1, 1, 0.0, float(at), 1, 0) for at in range(250)]
    found = recomputing.together([], changes)
    assert len(found) == recomputing.MOST_MODELS + 1
    assert sum(one["after_usd"] for one in found) == sum(range(250))
    assert next(one for one in found if one["model"] == recomputing.OTHERS)["calls"] == 50
    assert recomputing.together(found, changes[:1])[-1]["calls"] == 2
