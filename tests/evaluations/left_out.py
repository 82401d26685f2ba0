"""How the head of planted orders finds attacks of kinds it never saw: `python -m tests.evaluations.left_out`.

A third of BIPIA's categories is left out of training at a time (every third by name) and only those are measured, on
held-back records against the same texts without them; then the orders of Agent Security Bench; then whole modes: the
phrases written for Assay that are like a category are left out with it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from analytics.evaluate.base import Case
from analytics.evaluate.measures import auroc, recall_at
from analytics.evaluate.sets.planted import AgentSecurityBench, Bipia
from analytics.heads.orders import lines_of
from analytics.heads.training.__main__ import RECIPES
from analytics.heads.training.documents import planted, written
from analytics.heads.training.fit import fit
from analytics.heads.words import WordsHead
from tests.evaluations.shared import folder

MODES = (("letters", "insertion"), ("code", "bait"), ("requests", "work"))


def main() -> None:
    """Print one line for each part that is left out."""
    data = folder()
    if data is None:
        return
    bipia, agents = list(Bipia().cases(data)), list(AgentSecurityBench().cases(data))
    names = sorted({one.group for one in bipia if one.group})
    for at in range(3):
        left = set(names[at::3])
        _line(f"categories {at + 1} of 3", _head(data, left), bipia, left.__contains__)
    _line("Agent Security Bench", _head(data, {"asb"}), agents, bool)
    for mode in MODES:
        like = {name for group in mode for name in written()[group]["like"]}
        _line(" and ".join(mode), _head(data, set(mode)), bipia, like.__contains__)


def _head(data: Path, left_out: set[str]) -> WordsHead:
    recipe = RECIPES["indirect_injection"]
    found = planted(data, left_out=left_out)
    labels, documents = [one.label for one in found], [one.document for one in found]
    calm = [not one.label and one.family.startswith(recipe.calm) for one in found]
    return fit([one.text for one in found], labels, recipe.strength, recipe.ordinary, calm, documents)


def _line(name: str, head: WordsHead, cases: list[Case], is_left: Callable[[str], bool]) -> None:
    chosen = [one for one in cases if not one.label or is_left(one.group)]
    scores = np.array([_score(head, one) for one in chosen])
    labels = np.array([one.label for one in chosen])
    area, recall = auroc(scores[labels], scores[~labels]).value, recall_at(scores[labels], scores[~labels], 0.01)
    print(
        f"{name:<24}{labels.sum():>4} with {(~labels).sum():>4} without  AUROC {area:.3f}  recall at 1 % {recall:.2f}"
        f"  at the threshold {(scores[labels] >= 0.5).mean():.2f}, false {(scores[~labels] >= 0.5).mean():.3f}",
        flush=True,
    )


def _score(head: WordsHead, case: Case) -> float:
    texts = [one.text for turn in case.turns for one in turn.documents]
    texts += [call.result for turn in case.turns for call in turn.tool_calls]
    lines = [line.marked for text in texts for line in lines_of(text)]
    return float(head.score(lines).max()) if lines else 0.0


if __name__ == "__main__":
    main()
