"""Turns far beyond their peers, and those that are merely among the highest."""

import pytest

from analytics.detectors.base import Clear, Finding, Unjudged
from analytics.detectors.outlier import Outlier
from analytics.detectors.peers import Limits, PeerGroups, Peers

USUAL = {
    "latency_ms": Limits(900, 4_000, 8_000, 5_000), "cost_usd": Limits(0.001, 0.01, 0.02, 5_000),
    "output_tokens": Limits(120, 900, 1_400, 300), "length": Limits(500, 4_000, 6_000, 60),
}  # fmt: skip


def judge(make_turn, **changes):
    """One verdict beside the usual peers."""
    return Outlier().judge(make_turn(**({"peers": Peers("answers of m", USUAL)} | changes)))


@pytest.mark.parametrize(
    "figures", [{"latency_ms": 12_000.0}, {"cost_usd": 0.05}, {"output_tokens": 3_000}, {"output": "x" * 25_000}]
)
def test_what_is_far_beyond_is_flagged(make_turn, figures):
    """The figure, the limit and how many peers set it stand in the sentence."""
    found = judge(make_turn, **figures)
    assert isinstance(found, Finding)
    assert "answers of m" in found.explanation


@pytest.mark.parametrize(
    "figures",
    [
        {"latency_ms": 7_900.0},
        {"cost_usd": 0.015},
        {"output_tokens": 2_000},
        {"output": "x" * 15_000},
        {"latency_ms": 900.0},
    ],
)
def test_the_highest_of_the_usual_are_not(make_turn, figures):
    """Fewer peers ask for more distance."""
    found = judge(make_turn, **figures)
    assert isinstance(found, Clear)
    assert found.score < 0.5


def test_what_nobody_minds_is_not_flagged(make_turn):
    """Three seconds beside milliseconds is unusual, and quick."""
    usual = {"latency_ms": Limits(5, 20, 40, 5_000)}
    assert isinstance(judge(make_turn, peers=Peers("p", usual), latency_ms=3_000.0), Clear)


def test_few_peers_or_none_are_no_measure(make_turn):
    """Fifty at least."""
    assert isinstance(judge(make_turn, peers=None), Unjudged)
    few = {"latency_ms": Limits(5, 20, 40, 49)}
    assert isinstance(judge(make_turn, peers=Peers("p", few), latency_ms=99_000.0), Unjudged)


def test_a_file_tells_its_own_peers(make_turn):
    """By model; the one that is a hundred times longer is found among a thousand."""
    groups = PeerGroups()
    turns = [make_turn("word " * (50 + number % 40), model="a") for number in range(1_000)]
    long = make_turn("word " * 5_000, model="a")
    for turn in [*turns, long, make_turn("word " * 9_000, model="b")]:
        groups.add(turn)
    assert groups.of(long).limits["length"].count == 1_001
    assert isinstance(judge(make_turn, output=long.output_text, peers=groups.of(long)), Finding)
    assert isinstance(judge(make_turn, output=turns[0].output_text, peers=groups.of(turns[0])), Clear)
