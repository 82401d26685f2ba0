"""Train the heads of causes: ``python -m analytics.training.causes --data DIR``.

Four classes are made of AttributionBench (Apache-2.0) without what is held back: records as they are (``ok`` where
the people who labelled it found the claim supported, else ``reasoning_error``), the answer to the nearest other
question put in (``question_misunderstood``), and the documents of the nearest other question put in
(``retrieval_failed``, with the own answer, that question's, or one that says nothing); and in the same way of the
sample project's support desk (``desk``), both weighing the same. About five minutes on one core.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from sklearn.metrics import f1_score

from analytics.causes.attribute import CLASSES
from analytics.causes.signs import signs
from analytics.scores.meaning import vectors
from analytics.scores.trees import WEIGHTS, parsed
from analytics.training import boosting, desk
from analytics.training.labelled import records
from analytics.training.vague import VAGUE

FILE: Final = "rag_attributionbench_dev"
DESK: Final = "desk"
SETS: Final = (FILE, DESK)
ROUNDS: Final = 200
LEAVES: Final = 8

Row = tuple[dict[str, float], str]


def cases(data: Path, *, held_back: bool) -> Iterator[tuple[str, list[str], str, str]]:
    """Give question, documents, answer and class; the same each time."""
    dice = Random(boosting.SEED)  # noqa: S311 - a seed that gives the same cases each time
    found = [record for record in records(data, FILE, held_back=held_back) if record["question"].strip()]
    good = [record for record in found if record["labels"]["grounded"]]
    rows = vectors([record["question"] for record in good])
    for record in found:
        whole = record["question"], record["context"], record["response"]
        if not record["labels"]["grounded"]:
            yield *whole, "reasoning_error"
            continue
        yield *whole, "ok"
        near = np.argsort(-(rows @ vectors([record["question"]])[0]))
        other = next(good[at] for at in near if good[at]["question"] != record["question"])
        yield record["question"], record["context"], other["response"], "question_misunderstood"
        answer = dice.choice((record["response"], other["response"], dice.choice(VAGUE)))
        yield record["question"], other["context"], answer, "retrieval_failed"


def main() -> None:
    """Fit a head for each class, write them, and print what they do on what was held back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    train = {name: list(made(data, name, held_back=False)) for name in SETS}
    rows = [(row, label, name) for name, part in train.items() for row, label in part]
    heads = {}
    for name in CLASSES:
        head, _ = boosting.fit(
            [row for row, _, _ in rows],
            [label == name for _, label, _ in rows],
            [group for _, _, group in rows],
            rounds=ROUNDS,
            leaves=LEAVES,
        )
        boosting.write(head, WEIGHTS / f"cause_{name}.json")
        heads[name] = parsed(json.dumps(head))
    for name in SETS:
        print(name)
        _report(heads, list(made(data, name, held_back=True)))


def made(data: Path, name: str, *, held_back: bool) -> Iterator[Row]:
    """Give features and class of the cases of a set, those that have words to measure."""
    if name == DESK:
        found = ((signs(e.question, e.documents, e.answer, results=e.results), label)
                 for e, label in desk.cases(held_back=held_back))  # fmt: skip
    else:
        found = ((signs(question, texts, answer), label)
                 for question, texts, answer, label in cases(data, held_back=held_back))  # fmt: skip
    yield from ((row, label) for row, label in found if row)


def _report(heads: dict[str, Any], held: list[Row]) -> None:
    raw = np.array([[heads[name].probability(row) for name in CLASSES] for row, _ in held])
    scaled = raw / raw.sum(axis=1, keepdims=True)
    truth = np.array([CLASSES.index(name) for _, name in held])
    told = scaled.argmax(axis=1)
    each = f1_score(truth, told, average=None)
    print(f"  held back {len(held)}: macro-F1 {each.mean():.3f}", dict(zip(CLASSES, each.round(2), strict=True)))
    sure = scaled.max(axis=1)
    bins = np.clip((sure * 10).astype(int), 0, 9)
    parts = [(bins == one) for one in range(10) if (bins == one).any()]
    error = sum(part.mean() * abs(sure[part].mean() - (told == truth)[part].mean()) for part in parts)
    print(f"  calibration error {error:.3f}; of the good ones called bad {(told[truth == 0] > 0).mean():.3f}")
    for cut in (0.6, 0.7, 0.75, 0.8, 0.85, 0.9):
        shown = (told > 0) & (sure >= cut)
        right, wrong = (told == truth)[shown].mean(), shown[truth == 0].mean()
        share = shown.sum() / (told > 0).sum()
        print(f"  from {cut}: {share:.2f} shown, precision {right:.3f}, of the good ones {wrong:.4f}")


if __name__ == "__main__":
    main()
