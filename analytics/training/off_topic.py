"""Train the heads of off-topic answers: ``python -m analytics.training.off_topic --data DIR``.

Reads prompts of arena-hard (Apache-2.0) and HaluEval (MIT) that were not held back, each with its own answer and with
that to the nearest other prompt of its set. Logistic regression by scikit-learn, one head for English and one for the
rest; the model card is docs/heads/off_topic.md. One core, about five minutes, nearly all of it embedding.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from analytics.detectors.turn import OUTPUT_EMBEDDED
from analytics.evaluate.base import records, turns_of
from analytics.evaluate.split import is_held_back
from analytics.scores.closeness import english, is_english, nearest_of, other, parts
from analytics.scores.meaning import embedder
from analytics.scores.trees import WEIGHTS
from analytics.training import boosting

SETS: Final = ("conversations_arena_hard_dev", "rag_halueval_general_dev")
ENGLISH: Final = (
    "near", "nearest", "nearest_by_length", "words", "words_by_length", "phrases", "rarest", "asked", "told", "length",
    "makes", "makes_nearest", "makes_words", "free", "free_nearest", "free_words",
)  # fmt: skip
OTHER: Final = (
    "near", "nearest", "triples", "fours", "pairs", "asked", "told", "same_script", "near_otherwise", "beginnings_same",
)  # fmt: skip
STRENGTH: Final = 3.0
FOLDS: Final = 10
SCORED_HALF: Final = 0.975
"""Probability, where half are swapped, that becomes a score of 0.5: in life few answers are off their question."""

Row = tuple[dict[str, float], bool, str]


def prompts(data: Path, name: str) -> list[tuple[str, str]]:
    """Give questions and answers of a set that were not held back, nor asked of another model in what was."""
    found = [
        (is_held_back(record["id"]), turns[0])
        for record in records(data, name)
        if (turns := turns_of(record)) and turns[0].input_text.strip() and turns[0].output_text.strip()
    ]
    held = {turn.input_text for is_held, turn in found if is_held}
    return [
        (turn.input_text, turn.output_text) for is_held, turn in found if not is_held and turn.input_text not in held
    ]


def swapped(pairs: Sequence[tuple[str, str]], told: Sequence[int], rows: NDArray[np.float32]) -> list[int]:
    """For each pair the place of one whose question is the nearest other.

    Args:
        pairs: questions and answers.
        told: row of each question.
        rows: vectors of the distinct questions, shape (questions, dimensions).
    """
    near = rows @ rows.T
    np.fill_diagonal(near, -1)
    first = {row: place for place, row in reversed(list(enumerate(told)))}
    return [first[int(near[told[place]].argmax())] for place in range(len(pairs))]


def examples(data: Path, name: str) -> list[Row]:
    """Give features, whether the answer is the question's own, and the question."""
    pairs = prompts(data, name)
    questions = list(dict.fromkeys(question for question, _ in pairs))
    places = {question: place for place, question in enumerate(questions)}
    known = _Vectors()
    rows = known.of(questions)
    others = swapped(pairs, [places[question] for question, _ in pairs], rows)
    found: list[Row] = []
    for (question, answer), place in zip(pairs, others, strict=True):
        for text, is_own in ((answer, True), (pairs[place][1], False)):
            if is_own or text != answer:
                found.append((known.measured(question, text), is_own, question))
    return found


class _Vectors:
    """Vectors by text, made when they are first asked for."""

    def __init__(self) -> None:
        self._known: dict[str, NDArray[np.float32]] = {}

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        missing = list(dict.fromkeys(text for text in texts if text not in self._known))
        if missing:
            self._known |= dict(zip(missing, np.nan_to_num(embedder().encode(missing)), strict=True))
        return np.stack([self._known[text] for text in texts])

    def measured(self, question: str, answer: str) -> dict[str, float]:
        asked, told = parts(question, answer, OUTPUT_EMBEDDED)
        first, second = self.of([question, *asked]), self.of([answer[:OUTPUT_EMBEDDED], *told])
        near, nearest = float(first[0] @ second[0]), nearest_of(first, second)
        if is_english(question) and is_english(answer):
            return {**english(question, answer, near, nearest), "english": 1.0}
        return {**other(question, answer, near, nearest), "english": 0.0}


def fit(rows: Sequence[Row], names: Sequence[str], middle: float) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """Fit a head, and give the probabilities of own answers in folds of questions left out.

    Args:
        rows: features, labels, questions.
        names: of the features.
        middle: probability of a swapped answer that becomes 0.5.
    """
    columns = np.array([[row[name] for name in names] for row, _, _ in rows])
    labels = np.array([is_own for _, is_own, _ in rows])
    left_out = np.zeros(len(rows))
    for train, test in GroupKFold(FOLDS).split(columns, labels, [question for _, _, question in rows]):
        scaler = StandardScaler().fit(columns[train])
        part = LogisticRegression(C=STRENGTH, max_iter=2_000).fit(scaler.transform(columns[train]), labels[train])
        left_out[test] = part.predict_proba(scaler.transform(columns[test]))[:, 1]
    scaler = StandardScaler().fit(columns)
    model = LogisticRegression(C=STRENGTH, max_iter=2_000).fit(scaler.transform(columns), labels)
    head = {
        "features": list(names), "bias": float(model.intercept_[0]), "linear": model.coef_[0].tolist(),
        "mean": scaler.mean_.tolist(), "spread": scaler.scale_.tolist(), "trees": [], "slope": 1.0,
        "offset": math.log(middle / (1 - middle)),
    }  # fmt: skip
    return head, left_out


def main() -> None:
    """Fit both heads, write the weights, and print what they do in folds left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    rows = [(row, is_own, question, name) for name in SETS for row, is_own, question in examples(data, name)]
    for file, names, kind in (("off_topic", ENGLISH, 1.0), ("off_topic_other", OTHER, 0.0)):
        chosen = [one for one in rows if one[0]["english"] == kind]
        head, left_out = fit([one[:3] for one in chosen], names, SCORED_HALF)
        boosting.write(head, WEIGHTS / f"{file}.json")
        for name in SETS:
            part = np.array([one[3] == name for one in chosen])
            own = np.array([one[1] for one in chosen])[part]
            if part.any() and len(set(own)) > 1:
                sure = left_out[part] < 1 - SCORED_HALF
                print(
                    f"{file}, {name}: {len(own)} answers, left out AUROC {roc_auc_score(own, left_out[part]):.4f}, "
                    f"flagged {sure[~own].mean():.1%} of swapped and {sure[own].sum()} of {own.sum()} own"
                )


if __name__ == "__main__":
    main()
