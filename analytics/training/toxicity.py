"""Train the second voice of ``toxicity``: ``python -m analytics.training.toxicity --data DIR``.

Logistic regression over the vector of a whole text: insults without swear words are told by what they mean. It adds to
the margins of the head over words (``python -m analytics.heads.training toxicity``), which has to be trained before.
Reads records that are not held back; the model card is docs/heads/toxicity.md. One core, about ten minutes, nearly all
of it embedding.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from analytics.detectors.turn import OUTPUT_EMBEDDED
from analytics.evaluate.base import records, turns_of
from analytics.evaluate.split import is_held_back
from analytics.heads.insults import COEFFICIENTS, WEIGHTS, worded
from analytics.scores.meaning import embedder

SEED: Final = 20261128
STRENGTH: Final = 1.0
QUIET: Final = 0.9995
"""Share of ordinary texts that stay below a score of 0.5, at least."""
_ORDINARY: Final = {
    "conversations_arena_hard_dev": 700, "rag_halueval_general_dev": 900, "conversations_sgd_assistant_dev": 1_100,
    "conversations_tm4_coffee_dev": 400, "conversations_taubench_airline_dev": 300,
}  # fmt: skip
_LEARNED: Final = 250
"""Ordinary texts of each file that the head learns from; the others only set its middle."""
_ANGRY: Final = {"anger", "disgust"}
_DOUBTED: Final = {"annoyance", "disapproval"}
_INSULTS: Final = {"Offending User", "Toxicity Agreement", "Biased Opinion"}

Labelled = tuple[str, bool, float]


def _said(record: dict[str, Any]) -> str:
    return ([turn["content"] or "" for turn in record["turns"] if turn["role"] == "user"] or [""])[-1]


def _surge(record: dict[str, Any]) -> Labelled | None:
    return record["text"], bool(record["labels"]["toxic"]), 8.0


def _davidson(record: dict[str, Any]) -> Labelled | None:
    return record["text"], bool(record["labels"]["toxic"]), 1.0


def _convabuse(record: dict[str, Any]) -> Labelled | None:
    return _said(record), bool(record["labels"]["toxic"]), 1.0


def _diasafety(record: dict[str, Any]) -> Labelled | None:
    unsafe = bool(record["labels"]["unsafe_response"])
    if unsafe and record["labels"]["category"] not in _INSULTS:
        return None
    return record["turns"][-1]["content"] or "", unsafe, 1.0


def _emotions(record: dict[str, Any]) -> Labelled | None:
    felt = set(record["labels"]["emotions"])
    if not felt & _ANGRY and felt & _DOUBTED:
        return None
    return record["text"], bool(felt & _ANGRY), 0.5


SETS: Final[dict[str, tuple[int, Callable[[dict[str, Any]], Labelled | None]]]] = {
    "toxicity_surge_dev": (10_000, _surge),
    "toxicity_davidson_dev": (1_300, _davidson),
    "toxicity_convabuse_dev": (1_300, _convabuse),
    "toxicity_diasafety_train": (1_300, _diasafety),
    "emotion_goemotions_dev": (2_400, _emotions),
}


def labelled(data: Path, left_out: str = "") -> Iterator[Labelled]:
    """Texts that are not held back, whether they insult, and what they weigh; none of the set that is left out."""
    for name, (most, read) in SETS.items():
        if name != left_out:
            found = (read(record) for record in _mixed(data, name))
            yield from [one for one in found if one and one[0].strip()][:most]


def ordinary(data: Path) -> Iterator[tuple[str, bool]]:
    """Ordinary texts that are not held back, and whether the head may learn from them."""
    for name, most in _ORDINARY.items():
        turns = (turn for record in _mixed(data, name) for turn in turns_of(record))
        texts = (text for turn in turns for text in (turn.output_text, turn.input_text) if text.strip())
        for place, text in zip(range(most), dict.fromkeys(texts), strict=False):
            yield text, place < _LEARNED


def _mixed(data: Path, name: str) -> list[dict[str, Any]]:
    found = [record for record in records(data, name) if not is_held_back(record["id"])]
    random.Random(SEED).shuffle(found)  # noqa: S311 - no cryptography
    return found


def fit(rows: NDArray[np.float32], labels: NDArray[np.bool_], weights: NDArray[np.float64]) -> LogisticRegression:
    """Fit the head; classes weigh the same."""
    model = LogisticRegression(C=STRENGTH, max_iter=1_000, class_weight="balanced")
    return model.fit(rows, labels, sample_weight=weights)


def vectors(texts: list[str]) -> NDArray[np.float32]:
    """Vectors of the beginnings of texts, as turns bring them."""
    return np.nan_to_num(embedder().encode([text[:OUTPUT_EMBEDDED] for text in texts]))


def main() -> None:
    """Fit, set the middle on ordinary texts, and write."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, required=True)
    data = asked.parse_args().data
    known, calm = list(labelled(data)), list(ordinary(data))
    rows, quiet = vectors([one[0] for one in known]), vectors([text for text, _ in calm])
    learned = np.array([is_learned for _, is_learned in calm])
    model = fit(
        np.vstack([rows, quiet[learned]]),
        np.array([one[1] for one in known] + [False] * int(learned.sum())),
        np.array([one[2] for one in known] + [1.0] * int(learned.sum())),
    )
    words = np.array([worded(text) for text, _ in calm])
    sums = np.column_stack([words, model.decision_function(quiet)]) @ np.array(COEFFICIENTS)
    # The head over words saw some of these texts, so the quantile alone is too kind.
    middle = max(0.0, float(np.quantile(sums, QUIET)))
    np.savez_compressed(
        WEIGHTS, weights=model.coef_[0].astype(np.float16), line=np.array([float(model.intercept_[0]), middle])
    )
    print(f"{len(known):,} labelled and {len(calm):,} ordinary texts; middle {middle:.2f}")


if __name__ == "__main__":
    main()
