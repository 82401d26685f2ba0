"""How long each detector that needs no vectors takes: ``python -m tests.benchmarks.detectors``.

Answers of arena-hard cut to 200 words, their questions to 60, three rounds, the fastest counts; CPU time of one core.
"""

from __future__ import annotations

import time
from dataclasses import replace

from analytics.detectors.base import Detector, Turn, TurnColumns
from analytics.detectors.peers import PeerGroups
from analytics.evaluate.sets.constructed import exchanges
from backend.registry import discover
from tests.evaluations.shared import folder

WORDS, ASKED, TURNS, ROUNDS, USERS = 200, 60, 300, 3, 40


def turns() -> list[Turn]:
    """Turns of two hundred words, with what they are compared with."""
    data = folder()
    if data is None:
        return []
    long = [turn for turn in exchanges(data) if len(turn.output_text.split(" ")) >= WORDS][:TURNS]
    cut = [
        replace(
            turn,
            output_text=" ".join(turn.output_text.split(" ")[:WORDS]),
            input_text=" ".join(turn.input_text.split(" ")[:ASKED]),
            user_id=f"user{place % USERS}",
        )
        for place, turn in enumerate(long)
    ]
    groups = PeerGroups()
    for turn in cut:
        groups.add(turn)
    return [replace(turn, peers=groups.of(turn)) for turn in cut]


def main() -> None:
    """Print milliseconds a turn by detector, and their sum."""
    columns = TurnColumns.of(turns())
    total = 0.0
    for name, kind in sorted(discover("analytics.detectors", Detector).items()):  # type: ignore[type-abstract]
        detector = kind()
        if detector.needs_vectors or not len(columns):
            continue
        detector.detect(columns)
        spent = []
        for _ in range(ROUNDS):
            began = time.process_time()
            detector.detect(columns)
            spent.append(time.process_time() - began)
        ms = 1000 * min(spent) / len(columns)
        total += ms
        print(f"{name:<20}{ms:>8.3f} ms")
    print(f"{'all':<20}{total:>8.3f} ms a turn of {WORDS} words ({len(columns)} turns)")


if __name__ == "__main__":
    main()
