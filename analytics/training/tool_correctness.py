"""Fit three weights of ``tool_correctness``: ``python -m analytics.training.tool_correctness --data DIR``.

Reads the parts that are not held back of Taskmaster-4 (CC-BY-4.0; last calls that people judged, and conversations) and
of tau-bench's airline (MIT); in the conversations a value of a call is exchanged for another conversation's. The model
card is docs/heads/tool_correctness.md. One core, about ten seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from analytics.detectors.turn import Turn
from analytics.evaluate.base import turns_of
from analytics.evaluate.swaps import pairs
from analytics.scores.tool_correctness import LEARNED
from analytics.scores.tool_signs import signs
from analytics.scores.trees import WEIGHTS
from analytics.training import boosting
from analytics.training.labelled import records

JUDGED: Final = "quality_tm4_reward_dev"
EXCHANGED: Final = ("conversations_tm4_coffee_dev", "conversations_taubench_airline_dev")
UNSEEN: Final = "conversations_sgd_assistant_dev"
"""Share-alike, so only reported on."""

Columns: TypeAlias = tuple[NDArray[np.float64], NDArray[np.bool_]]


def examples(data: Path, name: str, *, held_back: bool) -> Columns:
    """Give signs, a row a turn, and whether its calls were right."""
    found = _judged(data, held_back) if name == JUDGED else _exchanged(data, name, held_back)
    return np.array([_row(turn) for turn, _ in found]), np.array([right for _, right in found])


def _judged(data: Path, held_back: bool) -> list[tuple[Turn, bool]]:
    return [
        (turns_of(record)[-1], record["labels"]["last_turn_correct"])
        for record in records(data, JUDGED, held_back=held_back)
        if record["turns"][-1].get("tool_calls")
    ]


def _exchanged(data: Path, name: str, held_back: bool) -> list[tuple[Turn, bool]]:
    talks = [turns_of(record) for record in records(data, name, held_back=held_back)]
    return [one for turn, other in pairs(talks, boosting.SEED) for one in ((turn, True), (other, False))]


def _row(turn: Turn) -> list[float]:
    found = signs(turn)
    return [float(getattr(found, name)) for name in LEARNED]


def fit(sets: Sequence[Columns]) -> NDArray[np.float64]:
    """Fit a weight a sign, in which each set and each of its labels weighs the same."""
    weights = np.concatenate([np.where(right, 0.5 / right.sum(), 0.5 / (~right).sum()) for _, right in sets])
    columns, labels = np.vstack([rows for rows, _ in sets]), np.concatenate([right for _, right in sets])
    model = LogisticRegression(C=1.0).fit(columns, labels, sample_weight=1_000 * weights)
    return np.asarray(model.coef_[0])


def head(sets: Sequence[Columns], judged: Columns) -> dict[str, Any]:
    """Fit the weights, and on calls that people judged how much they say and how often calls are right."""
    linear = fit(sets)
    curve = LogisticRegression(C=1e6).fit((judged[0] @ linear)[:, None], judged[1])
    count = len(LEARNED)
    return {
        "features": list(LEARNED), "bias": 0.0, "linear": linear.tolist(), "mean": [0.0] * count,
        "spread": [1.0] * count, "trees": [], "slope": float(curve.coef_[0, 0]), "offset": float(curve.intercept_[0]),
    }  # fmt: skip


def main() -> None:
    """Fit, write the weights, and print what they do on what was held back, with each set in and left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    train = {name: examples(data, name, held_back=False) for name in (JUDGED, *EXCHANGED)}
    found = head(list(train.values()), train[JUDGED])
    boosting.write(found, WEIGHTS / "tool_correctness.json")
    print("weights", *(f"{name} {weight:.2f}" for name, weight in zip(LEARNED, found["linear"], strict=True)))
    print(f"slope {found['slope']:.2f}, offset {found['offset']:.2f}")
    for name in (*train, UNSEEN):
        rows, right = examples(data, name, held_back=True)
        without = fit([columns for other, columns in train.items() if other != name])
        figures = [roc_auc_score(right, rows @ linear) for linear in (np.array(found["linear"]), without)]
        print(f"{name}: held back {len(right)}, AUROC {figures[0]:.3f}, trained without it {figures[1]:.3f}")


if __name__ == "__main__":
    main()
