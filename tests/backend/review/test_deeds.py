"""What reviewers do: nobody judges what another holds, the server decides what is done, the last deed can be undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from backend.errors import BadRequest, NotAllowed, StoreAway
from backend.review import deeds, filling, verdict_scores
from backend.review.filling import Candidate
from backend.review.models import Queue, ReviewItem, Verdict
from backend.store.client import Store

MOMENT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def candidate(number: int, priority: float = 1.0, reason: str = "Empty (high)") -> Candidate:
    """A turn that a flag brings in."""
    return Candidate(f"t{number}.0", f"t{number}", "c", MOMENT, "flag", reason, priority)


@pytest.fixture
def queue(cast: Any) -> Queue:
    """The default queue of acme with three items, the second first."""
    made = filling.default_queue(cast.project.pk)
    filling.fill(made, [candidate(1), candidate(2, 9.0), candidate(3)])
    return made


def scores(store: Store) -> list[tuple[Any, ...]]:
    """Verdicts among the scores."""
    sql = "SELECT turn_id, label, value, source, author FROM score FINAL WHERE name = 'verdict'"
    return [tuple(row) for row in store._client().query(sql).result_rows]


def test_filling_twice_puts_nothing_in_twice(queue: Queue) -> None:
    """One item a turn, however often a rule asks; a long reason is cut."""
    assert filling.fill(queue, [candidate(1), candidate(4, reason="x" * 900)]) == 1
    assert queue.items.count() == 4
    assert len(queue.items.get(turn_id="t4.0").reason) == 500


def test_the_next_item_is_the_most_pressing_one_and_is_held(queue: Queue, cast: Any) -> None:
    """Asking again gives the same; another person gets the one after it."""
    first = deeds.next_item(cast.owner, queue)
    assert first is not None
    assert (first.turn_id, first.reserved_by) == ("t2.0", cast.owner)
    assert deeds.next_item(cast.owner, queue) == first
    assert deeds.next_item(cast.member, queue).turn_id == "t1.0"


def test_a_reservation_expires(queue: Queue, cast: Any) -> None:
    """Ten minutes later the item is anyone's."""
    deeds.next_item(cast.owner, queue)
    ReviewItem.objects.update(reserved_until=timezone.now() - timedelta(seconds=1))
    assert deeds.next_item(cast.member, queue).turn_id == "t2.0"


def test_a_verdict_closes_the_item_and_stands_among_the_scores(queue: Queue, cast: Any, store: Store) -> None:
    """Given again it replaces the own one, here and there."""
    item = deeds.next_item(cast.owner, queue)
    deeds.give_verdict(cast.owner, item, "bad", cause="retrieval_failed", flags={"empty": "confirmed"}, seconds=12)
    assert (item.state, item.reserved_by) == ("done", None)
    assert scores(store) == [("t2.0", "bad", 0.0, "human", "owner@example.com")]
    deeds.give_verdict(cast.owner, item, "partly", comment="half of it")
    assert scores(store) == [("t2.0", "partly", 0.5, "human", "owner@example.com")]
    assert Verdict.objects.get().flags == {}


def test_what_another_holds_cannot_be_judged_or_skipped(queue: Queue, cast: Any, store: Store) -> None:
    """Two verdicts of one moment would hide each other."""
    item = deeds.next_item(cast.owner, queue)
    with pytest.raises(NotAllowed, match="someone else holds"):
        deeds.give_verdict(cast.member, item, "good")
    with pytest.raises(NotAllowed, match="someone else holds"):
        deeds.skip(cast.member, item, "too hard")
    assert Verdict.objects.count() == 0


@pytest.mark.parametrize(
    "wrong", [{"grade": "great"}, {"grade": "bad", "cause": "moon"}, {"grade": "bad", "flags": {"empty": "perhaps"}}]
)
def test_a_verdict_in_other_words_is_refused(queue: Queue, cast: Any, wrong: dict[str, Any]) -> None:
    """The message names what may be said."""
    with pytest.raises(BadRequest, match="must be"):
        deeds.give_verdict(cast.owner, queue.items.first(), **wrong)


def test_a_verdict_without_its_score_is_not_kept(queue: Queue, cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """ClickHouse is away: the reviewer hears it and nothing is half stored."""

    def away(_: Verdict) -> None:
        raise StoreAway("ClickHouse does not answer")

    monkeypatch.setattr(verdict_scores, "write", away)
    item = deeds.next_item(cast.owner, queue)
    with pytest.raises(StoreAway):
        deeds.give_verdict(cast.owner, item, "good")
    item.refresh_from_db()
    assert (item.state, Verdict.objects.count()) == ("open", 0)


def test_skipping_wants_a_reason(queue: Queue, cast: Any) -> None:
    """A skipped item is out of the queue and says why."""
    item = deeds.next_item(cast.owner, queue)
    with pytest.raises(BadRequest, match="say why"):
        deeds.skip(cast.owner, item, "  ")
    deeds.skip(cast.owner, item, "not English")
    assert (item.state, item.skip_reason) == ("skipped", "not English")
    assert deeds.next_item(cast.owner, queue).turn_id == "t1.0"


def test_undo_takes_back_the_last_deed_of_this_person_alone(queue: Queue, cast: Any, store: Store) -> None:
    """First the skip, then the verdict before it; the score goes with the verdict."""
    judged = deeds.next_item(cast.owner, queue)
    deeds.give_verdict(cast.owner, judged, "good")
    skipped = deeds.next_item(cast.owner, queue)
    deeds.skip(cast.owner, skipped, "later")
    assert deeds.undo(cast.member, queue) is None
    assert deeds.undo(cast.owner, queue) == skipped
    assert deeds.undo(cast.owner, queue) == judged
    assert scores(store) == []
    assert set(queue.items.values_list("state", flat=True)) == {"open"}
    assert deeds.undo(cast.owner, queue) is None


def test_counts_are_of_the_queue_and_of_the_asker(queue: Queue, cast: Any, store: Store) -> None:
    """The median is of the asker's own judgements."""
    for seconds in (4, 10):
        deeds.give_verdict(cast.owner, deeds.next_item(cast.owner, queue), "good", seconds=seconds)
    assert deeds.counts(cast.owner, queue) == deeds.Counts(open=1, done=2, skipped=0, mine=2, median_seconds=7.0)
    assert deeds.counts(cast.member, queue).median_seconds is None


def test_an_item_whose_flag_was_taken_back_comes_again_with_the_flag(queue: Queue, cast: Any) -> None:
    """What a person skipped stays skipped."""
    deeds.skip(cast.owner, queue.items.get(turn_id="t3.0"), "not mine")
    assert filling.withdraw(cast.project.pk, ["t1.0", "t3.0"], "gone") == 1
    assert filling.readmit(cast.project.pk, ["t1.0", "t3.0"], "gone") == 1
    assert queue.items.get(turn_id="t3.0").state == "skipped"


def test_a_person_can_put_a_skipped_turn_back(queue: Queue, cast: Any) -> None:
    """And one that was never in."""
    deeds.skip(cast.owner, queue.items.get(turn_id="t3.0"), "not mine")
    assert filling.add_by_person(queue, [candidate(3), candidate(8)]) == 2
    assert queue.items.get(turn_id="t3.0").state == "open"
