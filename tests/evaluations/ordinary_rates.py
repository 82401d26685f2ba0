"""False flags of cheap detectors over all ordinary answers there are: `python -m tests.evaluations.ordinary_rates`.

Rules were made on three of five of these answers, so a line is given for those and one for the two of five that
are held back. Language also reads the first 100 characters of each answer alone. With ``--show`` what was flagged
is printed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from analytics.detectors.base import Detector, Finding, Turn
from analytics.detectors.empty import Empty
from analytics.detectors.encoding import Encoding
from analytics.detectors.language import Language
from analytics.detectors.repetition import Repetition
from analytics.evaluate.base import records, turns_of
from analytics.evaluate.split import is_held_back
from analytics.statistics.intervals import rate
from tests.evaluations.shared import folder

ANSWERS = {
    "conversations_arena_hard_dev": False, "conversations_sgd_assistant_dev": False,
    "conversations_tm4_coffee_dev": False,
    "conversations_taubench_airline_dev": False, "conversations_hh_assistant_dev": False,
    "rag_halueval_general_dev": False,
    "degenerate_wildbench_dev": True,
}  # fmt: skip
DETECTORS: tuple[tuple[str, Detector, int], ...] = (
    ("empty", Empty(), 0), ("repetition", Repetition(), 0), ("encoding", Encoding(), 0), ("language", Language(), 0),
    ("language at 100 characters", Language(), 100),
)  # fmt: skip


def answers(data: Path) -> Iterator[tuple[bool, Turn]]:
    """Ordinary turns with an answer, and whether they are held back."""
    for name, as_answer in ANSWERS.items():
        for record in records(data, name):
            if as_answer and record["labels"]["degenerate_kind"] != "ok":
                continue
            for turn in turns_of(record, as_answer=as_answer):
                if turn.output_text.strip():
                    yield is_held_back(record["id"]), turn


def main() -> None:
    """Print a line for each detector and part."""
    data = folder()
    if data is None:
        return
    counts: Counter[tuple[str, bool]] = Counter()
    sizes: Counter[bool] = Counter()
    for held, turn in answers(data):
        sizes[held] += 1
        for name, detector, length in DETECTORS:
            judged = replace(turn, output_text=turn.output_text[:length]) if length else turn
            verdict = detector.judge(judged)
            if isinstance(verdict, Finding) and verdict.score >= detector.threshold:
                counts[name, held] += 1
                if "--show" in sys.argv:
                    print(name, "held back" if held else "", repr(judged.output_text[:200]), verdict.explanation)
    for name, _, _ in DETECTORS:
        for held in (False, True):
            found = rate(counts[name, held], sizes[held])
            part = "held back" if held else "others"
            print(
                f"{name}, {part}: {counts[name, held]} of {sizes[held]:,}, "
                f"{100 * found.value:.3f} % [{100 * found.low:.3f}, {100 * found.high:.3f}]"
            )


if __name__ == "__main__":
    main()
