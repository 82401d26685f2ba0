"""What changed in topics: said beyond chance, against the same weekdays, with numbers and evidence; else not said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.questions.filters import Topics, compile_filter
from analytics.questions.grammar import parse
from analytics.questions.growth import badges
from analytics.questions.scope import Range, Scope, nanoseconds
from analytics.questions.sides import Sides, sides_of
from analytics.questions.topic_changes import TopicChanges, topic_changes, worded
from analytics.questions.topics import topic_table
from analytics.questions.traces import count_traces
from analytics.statistics.clustered import Clustered
from backend.store.client import Store
from backend.topics.models import Topic, TopicFit
from tests.analytics.pipeline.building import NOON

WEEK = Range(NOON, NOON + timedelta(days=7))
BEFORE = WEEK.start - timedelta(days=6, hours=20)


@dataclass
class Traffic:
    """Puts conversations of one turn into the store, in a topic each, with what went wrong in them."""

    store: Store
    project: int
    fit: int
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    count: int = 0

    def add(self, many: int, topic: int, at: datetime, *, user: str = "", **wrong: Any) -> None:
        """So many conversations; ``error``, ``flag``, ``cause`` or ``low`` of the first few."""
        for place in range(many):
            self.count += 1
            name, moment = f"c{self.count}", nanoseconds(at + timedelta(minutes=place))
            fails = place < wrong.get("error", 0)
            self._put(
                "turn", turn_id=f"{name}.0", trace_id=name, conversation_id=name, user_id=user or f"u{self.count}",
                start_time=moment, end_time=moment + 10**9, status="error" if fails else "ok", version=1,
            )  # fmt: skip
            self._put("topic_assignment", conversation_id=name, fit_id=self.fit, topic_id=topic, version=1)
            self._ledger(f"{name}.0", "detector:refusal", wrong.get("version", "1"), moment)
            self._ledger(f"{name}.0", "cause", "1", moment)
            low = place < wrong.get("low", 0)
            self._ledger(f"{name}.0", "score:satisfaction", "1", moment, "matched" if low else "ran")
            if place < wrong.get("flag", 0):
                self._put(
                    "flag", flag_id=name, detector="refusal", turn_id=f"{name}.0", trace_id=name,
                    conversation_id=name, turn_time=moment, version=1,
                )  # fmt: skip
            if place < wrong.get("cause", 0):
                self._put(
                    "score", score_id=name, name="cause", label="retrieval_failed", value=wrong.get("value", 0.9),
                    turn_id=f"{name}.0", trace_id=name, conversation_id=name, time=moment, version=1,
                )  # fmt: skip
            self._put(
                "span", trace_id=name, span_id=f"s{name}", start_time=moment, end_time=moment + 10**9,
                status="error" if fails else "ok",
            )  # fmt: skip

    def _ledger(self, turn_id: str, analyser: str, version: str, moment: int, outcome: str = "ran") -> None:
        self._put(
            "ledger", analyser=analyser, analyser_version=version, subject_id=turn_id, outcome=outcome,
            subject_time=moment, version=1,
        )  # fmt: skip

    def _put(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append({"project_id": self.project, **row})

    def store_all(self) -> Scope:
        """Write it all down."""
        for table, rows in self.rows.items():
            self.store.insert(table, list(rows[0]), [[row[name] for row in rows] for name in rows[0]])
        self.rows = {}
        return Scope(self.project, WEEK)


@pytest.fixture
def traffic(project: int, store: Store) -> Traffic:
    """Topics 1 to 3 of a published fit, without a conversation yet."""
    fit = TopicFit.objects.create(project_id=project, state="published", published_at=NOON)
    for number, name in enumerate(("Parcels", "Refunds", "Passwords"), start=1):
        Topic.objects.create(project_id=project, number=number, machine_name=name, fit=fit)
    return Traffic(store, project, fit.pk)


def changes(scope: Scope) -> TopicChanges:
    """Of a scope."""
    return topic_changes(scope, topic_table(scope))


def test_growing_and_shrinking_are_told_with_their_numbers(traffic: Traffic) -> None:
    """Shares of all conversations in the week and in the week before; the table has the badges."""
    traffic.add(60, 1, BEFORE)
    traffic.add(40, 2, BEFORE)
    traffic.add(60, 3, BEFORE)
    traffic.add(20, 1, NOON)
    traffic.add(100, 2, NOON)
    traffic.add(60, 3, NOON)
    scope = traffic.store_all()
    found = changes(scope)
    assert [(one.kind, one.name) for one in found.changes] == [("growing", "Refunds"), ("shrinking", "Parcels")]
    growing = found.changes[0]
    assert growing.text.startswith("“Refunds” is growing: 55.6% (100 of 180), 25.0% (40 of 160) in the week before (+")
    assert 0 < growing.low < growing.now - growing.before < growing.high
    assert found.looks == 3
    assert {row.name: row.badge.kind for row in topic_table(scope).topics if row.badge} == {
        "Refunds": "growing", "Parcels": "shrinking",
    }  # fmt: skip


def test_a_topic_that_is_gone_is_told_too(traffic: Traffic) -> None:
    """It stands in no row of the table any more."""
    traffic.add(40, 1, BEFORE)
    traffic.add(80, 2, BEFORE)
    traffic.add(120, 2, NOON)
    found = changes(traffic.store_all())
    assert ("shrinking", "Parcels") in [(one.kind, one.name) for one in found.changes]


@pytest.mark.parametrize(
    ("wrong", "measure", "search"),
    [
        ({"error": 40}, "status:error", "topic:2 status:error"),
        ({"flag": 40}, "flag:refusal", "topic:2 flag:refusal"),
        ({"cause": 40}, "cause:retrieval_failed", "topic:2 cause:retrieval_failed"),
        ({"low": 40}, "score:satisfaction", ""),
    ],
)
def test_worse_is_told_with_its_evidence(traffic: Traffic, wrong: dict[str, int], measure: str, search: str) -> None:
    """In the topic that it happens in; the search finds these traces and examples are among them."""
    for at, few in ((BEFORE, 3), (NOON, 0)):
        traffic.add(80, 1, at, **dict.fromkeys(wrong, 3))
        traffic.add(100, 2, at, **(dict.fromkeys(wrong, few) if few else wrong))
    scope = traffic.store_all()
    (found,) = changes(scope).changes
    assert (found.kind, found.number, found.measure, found.search) == ("worse", 2, measure, search)
    assert f"with {worded(measure)}: 40.0% (40 of 100), 3.0% (3 of 100) in the week before (+" in found.text
    assert (found.n_before, found.n_now, len(found.examples)) == (100, 100, 3)
    if search:
        conditions = compile_filter(parse(search), Topics(traffic.fit, {}))
        assert count_traces(scope, conditions) == 40


def test_better_is_told(traffic: Traffic) -> None:
    """What was mended shows, and leads to the topic."""
    traffic.add(100, 2, BEFORE, flag=40)
    traffic.add(100, 2, NOON, flag=3)
    (found,) = changes(traffic.store_all()).changes
    assert (found.kind, found.search, found.high < 0) == ("better", "topic:2", True)
    assert "fewer conversations" in found.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"flag": 9},  # chance explains it
        {"cause": 40, "value": 0.5},  # hints are not told
        {"flag": 40, "version": "2"},  # the detector became another one meanwhile
    ],
)
def test_what_cannot_be_told_from_chance_is_not_told(traffic: Traffic, wrong: dict[str, Any]) -> None:
    """Nor what was looked for otherwise before; then it is said that it was not compared."""
    traffic.add(100, 2, BEFORE, **{key: 5 if key == "flag" else value for key, value in wrong.items() if key == "flag"})
    traffic.add(100, 2, NOON, **wrong)
    found = changes(traffic.store_all())
    assert found.changes == ()
    assert found.not_alike == (("flag:refusal",) if "version" in wrong else ())


def test_one_restless_user_is_no_trend(traffic: Traffic) -> None:
    """Sixty conversations of one user say little; of sixty users they would be told."""
    traffic.add(60, 1, BEFORE)
    traffic.add(20, 2, BEFORE)
    traffic.add(60, 1, NOON)
    traffic.add(60, 2, NOON, user="restless")
    assert changes(traffic.store_all()).changes == ()


def test_what_people_left_out_is_not_spoken_of(traffic: Traffic) -> None:
    """Topics that are ignored count nowhere."""
    traffic.add(100, 1, BEFORE)
    traffic.add(100, 1, NOON)
    traffic.add(80, 2, NOON, error=60)
    Topic.objects.filter(number=2).update(is_ignored=True)
    assert changes(traffic.store_all()).changes == ()


def test_without_a_former_period_nothing_is_said(traffic: Traffic) -> None:
    """A project that began this week has nothing to compare with; one that began within the former week neither."""
    traffic.add(100, 1, NOON)
    scope = traffic.store_all()
    assert changes(scope) == TopicChanges(None, (), 0, ())
    traffic.add(100, 1, NOON - timedelta(days=2))
    assert changes(traffic.store_all()).sides is None


def test_a_young_project_compares_its_last_weeks(traffic: Traffic) -> None:
    """Of thirty days that are all there is: the last two weeks with the two before."""
    end = NOON + timedelta(days=30)
    for day in range(30):
        traffic.add(5, 1, NOON + timedelta(days=day, hours=1))
    traffic.store_all()
    found = sides_of(Scope(traffic.project, Range(NOON, end)))
    assert found is not None
    assert (found.lately, found.words) == ("in the last 2 weeks", "the 2 weeks before")
    assert (found.now.range.start, found.before.range.start) == (end - timedelta(days=14), end - timedelta(days=28))


@pytest.mark.parametrize(
    ("days", "back", "words"),
    [(7, 7, "the week before"), (1, 7, "the same days a week before"), (30, 35, "the same days 5 weeks before")],
)
def test_the_former_period_has_the_same_weekdays(traffic: Traffic, days: int, back: int, words: str) -> None:
    """Moved by whole weeks, and never into the range itself."""
    end = NOON + timedelta(days=60)
    range_ = Range(end - timedelta(days=days), end)
    traffic.add(40, 1, range_.start - timedelta(days=back) + timedelta(minutes=5))
    traffic.store_all()
    found = sides_of(Scope(traffic.project, range_))
    assert found is not None
    assert found.before.range == Range(range_.start - timedelta(days=back), range_.end - timedelta(days=back))
    assert (found.words, found.lately) == (words, "")


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        ((10, 300), (60, 300), "growing"),
        ((0, 300), (60, 300), "new"),
        ((10, 300), (12, 300), None),  # chance explains it
        ((0, 300), (9, 300), None),  # too few to speak of
        ((9000, 30000), (900, 3000), None),  # the share is the same
        ((60, 300), (10, 300), "shrinking"),
        ((9000, 30000), (10500, 30000), None),  # true, and too little to matter
    ],
)
def test_a_badge_needs_more_than_chance(before: tuple[int, int], now: tuple[int, int], kind: str | None) -> None:
    """Growth is measured in shares."""
    scope = Scope(1, WEEK)
    pairs = {1: (plain(*before), plain(*now))}
    found = badges(pairs, Sides(scope, scope, "the week before")).get(1)
    assert (found.kind if found else None) == kind
    assert found is None or " points" in found.rule


def plain(hits: int, size: int) -> Clustered:
    """One conversation a user."""
    return Clustered(hits, size, hits, hits, size)
