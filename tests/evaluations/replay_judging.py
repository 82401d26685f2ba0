"""How right it is that a replayed answer is healed: `python -m tests.evaluations.replay_judging`.

Plays the month of `planted_causes`, which neither training nor the product plays, and judges each answer as replays do:
without what users said next and without other turns beside it. A planted fault that is taken for good would count as
healed; a good answer that is not would count against a change. About three CPU-minutes for 1,000 conversations.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from dataclasses import replace

from tests.evaluations.planted_causes import EXPECTED, HARMLESS, Case, cases  # isort: skip - it sets Django up

from analytics.detection.chosen import Chosen
from analytics.detectors.catalogue import detectors
from analytics.detectors.turn import Turn
from analytics.replay.judging import judge_by
from analytics.statistics.intervals import rate

BATCH = 256
LEFT_OUT = {"tool_loop", "outage", "tool_error"}
"""What cannot be replayed: a tool's failure would be sent again, and an outage left no answer."""


def main() -> None:
    """Print, by kind of fault, how many answers are taken for healed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=600)
    found = [one for one in cases(parser.parse_args().conversations) if one.planted not in HARMLESS]
    found = [one for one in found if one.planted.partition("/")[0] not in LEFT_OUT]
    known = [Chosen(one) for one in detectors().values() if one.is_on]
    told: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        for one, judged in zip(part, judge_by(known, [_alone(one) for one in part]), strict=True):
            told[one.planted.partition("/")[0] or "good"][bool(judged.is_good)] += 1
    for name, counts in sorted(told.items()):
        said = EXPECTED.get(name, EXPECTED.get(f"{name}/obeyed", "-"))
        print(f"{name:24} {counts.total():5}  {said:20} {_share(counts[True], counts.total())}")
    faults = [counts for name, counts in told.items() if name != "good"]
    print("planted faults taken for healed:", _share(sum(one[True] for one in faults), sum(map(Counter.total, faults))))
    print("good answers taken for healed:  ", _share(told["good"][True], told["good"].total()))


def _alone(one: Case) -> Turn:
    return replace(one.turn, later=(), peers=None)


def _share(some: int, of: int) -> str:
    found = rate(some, of)
    return f"{some} of {of}, {found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


if __name__ == "__main__":
    main()
