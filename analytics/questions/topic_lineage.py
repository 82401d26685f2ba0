"""What became of topics over the fits, as it was recorded: births, splits, merges, returns and ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from backend.topics.models import Topic, TopicFit

FITS: Final = 24
"""Newest published fits that are drawn."""
LANES: Final = 28
"""Most topics that are drawn, those that something happened to last; the list of events has all."""

Kind = Literal["found", "split from", "merged into", "retired", "came back"]
_KINDS: Final[tuple[Kind, ...]] = ("found", "split from", "merged into", "retired", "came back")
_ENDS: Final = ("merged into", "retired")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a topic.

    Attributes:
        column: of the fit that did it, from 0; half a column later where people did it; -1 before the first one drawn.
        number: of the topic.
        others: topics it was split from or merged into.
        by: who did it; empty for a fit.
    """

    at: datetime
    column: float
    kind: Kind
    number: int
    others: tuple[int, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A topic over the fits.

    Attributes:
        lives: from and to, in columns; a topic that comes back has several.
        is_there: whether it still is.
    """

    number: int
    name: str
    lives: tuple[tuple[float, float], ...]
    is_there: bool


@dataclass(frozen=True, slots=True)
class History:
    """What became of topics.

    Attributes:
        fits: when each was published, the oldest first: the columns.
        lanes: topics that something happened to, relatives side by side.
        events: of these columns, the oldest first; what the first fit of all found is not among them.
        names: of topics by number.
        steady: topics to which nothing happened.
        left_out: topics that something happened to and that are not among the lanes.
    """

    fits: tuple[datetime, ...]
    lanes: tuple[Lane, ...]
    events: tuple[Event, ...]
    names: dict[int, str]
    steady: int
    left_out: int


def topic_lineage(project_id: int) -> History:
    """Read the recorded lineage of a project's topics; groups follow their topics and are left out."""
    published = TopicFit.objects.filter(project_id=project_id).exclude(published_at=None).order_by("-id")
    newest_fits = [(one.created_at, one.published_at) for one in published.defer("model")[: FITS + 1]][::-1]
    is_all = len(newest_fits) <= FITS
    times = [(created, when) for created, when in newest_fits[-FITS:] if when]
    topics = list(Topic.objects.filter(project_id=project_id, level=1))
    begun = [created for created, _ in times]
    told = {topic.number: sorted(_events(topic, begun), key=lambda one: one.at) for topic in topics}
    # What the first fit of all found is the beginning, and no event; what came before the drawing is not in it.
    first = 0.0 if is_all else -1.0
    events = sorted(
        (one for of in told.values() for one in of if one.column > first or (one.column == first == 0 and one.by)),
        key=lambda one: (one.at, one.number),
    )
    touched = {number for one in events for number in (one.number, *one.others)}
    newest = {number: one.at for one in events for number in (one.number, *one.others)}
    drawn = set(sorted(touched, key=lambda number: (newest[number], number), reverse=True)[:LANES])
    lanes = [_lane(topic, told[topic.number], len(times)) for topic in topics if topic.number in drawn]
    steady = sum(one.state == Topic.State.ACTIVE and one.number not in touched for one in topics)
    return History(
        fits=tuple(when for _, when in times),
        lanes=tuple(_side_by_side(lanes, events)),
        events=tuple(events),
        names={topic.number: topic.name for topic in topics},
        steady=steady,
        left_out=len(touched & {topic.number for topic in topics}) - len(lanes),
    )


def _events(topic: Topic, begun: Sequence[datetime]) -> Iterable[Event]:
    for one in topic.lineage:
        if isinstance(one, dict) and one.get("event") in _KINDS and (at := _moment(one.get("at"))):
            by, others = str(one.get("by", "")), one.get("topics") or ()
            numbers = tuple(number for number in others if isinstance(number, int) and number != topic.number)
            yield Event(at, _column(at, begun, is_by_people=bool(by)), one["event"], topic.number, numbers, by)


def _column(at: datetime, begun: Sequence[datetime], *, is_by_people: bool) -> float:
    """A fit writes between its beginning and that of the next."""
    before = sum(start <= at for start in begun) - 1
    return before + 0.5 if is_by_people and before >= 0 else float(before)


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _lane(topic: Topic, events: Sequence[Event], columns: int) -> Lane:
    end = max(columns - 1, 0) + 0.75
    lives: list[tuple[float, float]] = []
    since: float | None = None
    for one in events:
        column = max(one.column, -0.75)
        if one.kind in _ENDS:
            lives.append((-0.75 if since is None and not lives else since if since is not None else column, column))
            since = None
        elif since is None:
            since = column
    is_there = topic.state == Topic.State.ACTIVE
    if is_there:
        lives.append((since if since is not None else -0.75, end))
    return Lane(topic.number, topic.name, tuple(one for one in lives if one[1] > -0.75), is_there)


def _side_by_side(lanes: Sequence[Lane], events: Sequence[Event]) -> list[Lane]:
    """Relatives next to each other, so that splits and merges are short; families in the order of their numbers."""
    family = {lane.number: lane.number for lane in lanes}

    def head(number: int) -> int:
        while family[number] != number:
            number = family[number]
        return number

    for one in events:
        for other in one.others:
            if one.number in family and other in family:
                low, high = sorted((head(one.number), head(other)))
                family[high] = low
    return sorted(lanes, key=lambda lane: (head(lane.number), lane.lives[:1], lane.number))
