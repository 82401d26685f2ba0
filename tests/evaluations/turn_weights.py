"""How much each turn should count in a conversation's vector: `python -m tests.evaluations.turn_weights`.

Prints AMI of topics against the domains of Schema-Guided Dialogue, by half of the dialogues, for several weights.
The product's weight was chosen with both halves and the sample project in view: expect a little less on other data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score

from analytics.embedding import load
from analytics.pipeline.conversations import weight
from analytics.topics.assign import assign
from analytics.topics.fit import fit
from tests.evaluations.shared import folder, records

WEIGHTS: dict[str, Callable[[int, str], float]] = {
    "all alike": lambda place, text: 1.0,
    "first twice": lambda place, text: 2.0 if place == 0 else 1.0,
    "words": lambda place, text: float(len(text.split())),
    "log words (the product's)": lambda place, text: weight(text),
}


def main() -> None:
    """Print one line a weight."""
    data = folder()
    if data is None:
        return
    found = records(data, "conversations_sgd_assistant_dev")
    dialogues = [one for one in found if len(one["labels"].get("topics") or []) == 1]
    asked = [[turn["content"] for turn in one["turns"] if _is_said(turn)] for one in dialogues]
    domains = [one["labels"]["topics"][0] for one in dialogues]
    texts = sorted({text for turns in asked for text in turns})
    vectors = dict(zip(texts, load("minilm", 1).encode(texts), strict=True))
    print(f"{len(dialogues)} dialogues of {len(set(domains))} domains, AMI on each half")
    for name, weigh in WEIGHTS.items():
        means = np.array([sum(weigh(i, text) * vectors[text] for i, text in enumerate(turns)) for turns in asked])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        halves = [_ami(means[start::2], domains[start::2]) for start in (0, 1)]
        print(f"{name:<28}{halves[0]:.3f}  {halves[1]:.3f}")


def _is_said(turn: dict[str, Any]) -> bool:
    return turn["role"] == "user" and bool(turn.get("content"))


def _ami(vectors: NDArray[Any], domains: list[str]) -> float:
    topics = assign(fit(vectors), vectors).topic
    return float(adjusted_mutual_info_score(domains, topics))


if __name__ == "__main__":
    main()
