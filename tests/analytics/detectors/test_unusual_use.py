"""A user far beyond all others is told of once a doubling; busy customers and young projects are not."""

from __future__ import annotations

import pytest

from analytics.detectors.base import Finding, Unjudged
from analytics.detectors.peers import PeerGroups, Peers
from analytics.detectors.unusual_use import UnusualUse
from analytics.detectors.usage import Use, use


def _peopled(make_turn, users=60, each=6):
    groups = PeerGroups()
    for user in range(users):
        for place in range(1 + user % each):
            groups.add(make_turn("Yes.", turn_id=f"o{user}.{place}", user_id=f"other{user}", cost_usd=0.01))
    return groups


def _flagged(make_turn, groups, count, **fields):
    turns = [make_turn("Yes.", turn_id=f"t{place}", user_id="u", **fields) for place in range(count)]
    for turn in turns:
        groups.add(turn)
    fields = {"user_id": "u", **fields}
    judged = [UnusualUse().judge(make_turn("Yes.", turn_id=t.turn_id, peers=groups.of(t), **fields)) for t in turns]
    return [place + 1 for place, one in enumerate(judged) if isinstance(one, Finding)]


def test_a_day_is_flagged_where_it_steps_over_the_limit_and_at_each_doubling(make_turn):
    """Others ask six times at most, so thirty is the limit."""
    assert _flagged(make_turn, _peopled(make_turn), 250) == [30, 60, 120, 240]


def test_spending_counts_as_much_as_asking(make_turn):
    """Three calls of a dollar, where others spend a few cents."""
    assert _flagged(make_turn, _peopled(make_turn), 5, cost_usd=1.0) == [2, 4]


def test_busy_customers_are_not_flagged(make_turn):
    """Twenty-nine times is nothing to speak of; neither is a hundred where others ask forty times."""
    assert _flagged(make_turn, _peopled(make_turn), 29) == []
    assert _flagged(make_turn, _peopled(make_turn, each=40), 100) == []


def test_nothing_is_said_of_too_few_users_or_an_unknown_one(make_turn):
    """A young project knows no usual day."""
    groups = _peopled(make_turn, users=10)
    assert _flagged(make_turn, groups, 300) == []
    turn = make_turn("Yes.", user_id="u", peers=Peers("answers"))
    assert isinstance(UnusualUse().judge(turn), Unjudged)
    assert isinstance(UnusualUse().judge(make_turn("Yes.", peers=Peers("answers", usage={}))), Unjudged)


def test_the_explanation_tells_the_figures_with_their_interval(make_turn):
    """What was reached, what is usual, of how many days."""
    used = {"requests": Use(44, 45, 9, 8, 12, 400)}
    found = UnusualUse().judge(make_turn("Yes.", user_id="u", peers=Peers("answers", usage=used)))
    assert isinstance(found, Finding)
    assert found.explanation == (
        "By this turn its user asked 45 times in the day; 99 % of 400 days of other users stay below 9 "
        "(95 % interval 8 to 12)."
    )


@pytest.mark.parametrize(("size", "known"), [(19, False), (20, True)])
def test_the_quantile_needs_twenty_days(size, known):
    """Its interval widens with fewer."""
    found = use(0, 1, [1.0] * (size - 1) + [50.0])
    assert (found is not None) == known
    if found:
        assert (found.low, found.usual, found.high) == (1.0, 50.0, 50.0)
