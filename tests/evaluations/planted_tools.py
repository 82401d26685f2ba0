"""Tool calls of the sample project by `tool_correctness`: `python -m tests.evaluations.planted_tools`.

Plays the month of ``planted_causes`` and says how many turns with tools stand below the line, by what was planted:
tools that were asked in a loop, that failed and went well at the second try, other faults, none. Ten seconds.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

from analytics.scores.base import Scored
from analytics.scores.tool_correctness import ToolCorrectness
from analytics.statistics.intervals import rate
from tests.evaluations.planted_causes import cases


def main() -> None:
    """Print the share below the line with its interval, and the mean value, by what was planted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=4_000)
    score = ToolCorrectness()
    values: defaultdict[str, list[float]] = defaultdict(list)
    for case in cases(parser.parse_args().conversations):
        measured = score.judge(case.turn)
        if isinstance(measured, Scored):
            values[case.planted.split("/")[0] or "none"].append(measured.value)
    for planted, found in sorted(values.items()):
        low = rate(sum(value < score.low for value in found), len(found))
        share = f"{low.value:.3f} [{low.low:.3f}, {low.high:.3f}]"
        print(f"{planted}: {len(found)} turns, below {score.low} {share}, mean {sum(found) / len(found):.2f}")


if __name__ == "__main__":
    main()
