"""How often "What changed" speaks where nothing did, and how much of what did change it tells.

Weeks of 2,000 conversations over 40 topics whose sizes fall as 1 / rank; users have one to thirty conversations and
keep, more or less, to topics of their own. Nothing is fitted to these figures.

    python -m tests.evaluations.topic_changes --runs 200
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.questions.growth import badges
from analytics.questions.scope import Range, Scope
from analytics.questions.sides import Sides
from analytics.statistics.clustered import Clustered
from analytics.statistics.compare import rates

TOPICS, CONVERSATIONS = 40, 2_000
CHANGED = {3: 2.0, 8: 2.0, 15: 2.0, 5: 0.5, 10: 0.5}
"""Topics, by rank, whose share is so many times what it was."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one run told: topics told that had changed, topics told that had not, and of the five that had how many."""

    right: int
    wrong: int


def week(draw: np.random.Generator, share: NDArray[np.float64], loyalty: float) -> dict[int, Clustered]:
    """Counts of a week by topic; ``loyalty`` is the chance that a user's next conversation is of the same topic."""
    topic: list[int] = []
    user: list[int] = []
    who = 0
    while len(topic) < CONVERSATIONS:
        own = int(draw.choice(TOPICS, p=share))
        for _ in range(min(30, int(draw.geometric(0.35)))):
            topic.append(own if draw.random() < loyalty else int(draw.choice(TOPICS, p=share)))
            user.append(who)
        who += 1
    table = np.zeros((who, TOPICS), dtype=int)
    np.add.at(table, (user, topic), 1)
    size = table.sum(axis=1)
    return {
        at: Clustered(
            int(table[:, at].sum()), int(size.sum()), int((table[:, at] ** 2).sum()),
            int((table[:, at] * size).sum()), int((size**2).sum()),
        )
        for at in range(TOPICS)
    }  # fmt: skip


def one_run(seed: int, loyalty: float, *, is_changed: bool, is_plain: bool) -> Told:
    """Two weeks, compared as the page does, or by one look a topic at .05 as if each conversation stood alone."""
    draw = np.random.default_rng(seed)
    usual = 1 / np.arange(1, TOPICS + 1)
    later = usual * np.array([CHANGED.get(at, 1.0) if is_changed else 1.0 for at in range(TOPICS)])
    before, now = (week(draw, share / share.sum(), loyalty) for share in (usual, later))
    pairs = {at: (before[at], now[at]) for at in range(TOPICS)}
    if is_plain:
        found = {at for at, (a, b) in pairs.items() if rates((a.hits, a.size), (b.hits, b.size)).p_value < 0.05}
    else:
        scope = Scope(1, Range(datetime.now(UTC) - timedelta(days=7), datetime.now(UTC)))
        found = set(badges(pairs, Sides(scope, scope, "the week before")))
    changed = set(CHANGED) if is_changed else set()
    return Told(len(found & changed), len(found - changed))


def main() -> None:
    """Print the table of the docs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    print("| users keep to their topic | rule | speak without change | told and false | told of five |")
    print("|---|---|---|---|---|")
    for loyalty in (0.0, 0.5, 0.9):
        for is_plain in (False, True):
            quiet = [one_run(seed, loyalty, is_changed=False, is_plain=is_plain) for seed in range(runs)]
            moved = [one_run(10_000 + seed, loyalty, is_changed=True, is_plain=is_plain) for seed in range(runs)]
            speaks = sum(one.wrong > 0 for one in quiet) / runs
            false = float(np.mean([one.wrong / max(1, one.wrong + one.right) for one in moved]))
            power = sum(one.right for one in moved) / runs
            rule = "one look at .05 a topic, no clusters" if is_plain else "as it is"
            print(f"| {loyalty:.0%} | {rule} | {speaks:.1%} | {false:.1%} | {power:.1f} |")


if __name__ == "__main__":
    main()
