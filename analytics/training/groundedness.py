"""Train the head of groundedness: ``python -m analytics.training.groundedness --data DIR``.

Reads AttributionBench (Apache-2.0) and BEGIN (CC-BY-4.0 and CDLA-Sharing-1.0) without what is held back; the model
card is docs/heads/groundedness.md. One core, about 10 seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.metrics import roc_auc_score

from analytics.scores.support import Sources, features, stems_of
from analytics.scores.trees import WEIGHTS, parsed
from analytics.scores.words import sentences
from analytics.training import boosting
from analytics.training.labelled import records

SETS: Final = ("rag_attributionbench_dev", "rag_begin_dev")
ROUNDS: Final = 200
LEAVES: Final = 6
PRECISION: Final = 0.9


def examples(data: Path, name: str, *, held_back: bool) -> Iterator[tuple[dict[str, float], bool]]:
    """Give features and label of the records of a set."""
    for record in records(data, name, held_back=held_back):
        answer, sources = sentences(record["response"]), Sources.of(record["context"])
        if record["labels"]["grounded"] is not None and answer and sources.sentences:
            yield features(answer, sources, stems_of(record["question"])), record["labels"]["grounded"]


def main() -> None:
    """Fit, write the weights, and print what they do on what was held back and with each set left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    train = {name: list(examples(data, name, held_back=False)) for name in SETS}
    head, left_out = _fit(train)
    boosting.write(head, WEIGHTS / "groundedness.json")
    labels = np.array([good for name in SETS for _, good in train[name]])
    print("cuts of the folds left out:", _cuts(left_out, labels))
    for name in SETS:
        held = list(examples(data, name, held_back=True))
        other, _ = _fit({key: rows for key, rows in train.items() if key != name})
        print(f"{name}: held back {_auc(head, held):.3f} of {len(held)}, set left out {_auc(other, held):.3f}")


def _fit(train: dict[str, list[tuple[dict[str, float], bool]]]) -> tuple[dict[str, Any], Any]:
    rows = [(row, good, name) for name, part in train.items() for row, good in part]
    measured, good, groups = (list(column) for column in zip(*rows, strict=True))
    return boosting.fit(measured, good, groups, rounds=ROUNDS, leaves=LEAVES)


def _auc(head: dict[str, Any], held: list[tuple[dict[str, float], bool]]) -> float:
    import json

    made = parsed(json.dumps(head))
    return float(roc_auc_score([good for _, good in held], [made.probability(row) for row, _ in held]))


def _cuts(probability: Any, good: Any) -> dict[str, float]:
    """Find the probabilities below which ``unsupported`` and above which ``supported`` is right nine times of ten."""
    order = np.argsort(probability)
    wrong = np.cumsum(~good[order]) / np.arange(1, len(order) + 1)
    right = np.cumsum(good[order][::-1]) / np.arange(1, len(order) + 1)
    low, high = np.flatnonzero(wrong >= PRECISION), np.flatnonzero(right >= PRECISION)
    return {
        "unsupported": float(probability[order][low[-1]]) if len(low) else 0.0,
        "supported": float(probability[order][::-1][high[-1]]) if len(high) else 1.0,
    }


if __name__ == "__main__":
    main()
