"""Fit the weights of `analytics/detectors/refusal_reasons.py`: `python -m tests.evaluations.refusal_weights`.

Positives: answers to jailbreaks that people did not call jailbroken (GPTFuzz), and other answers that the rules
call a refusal. Negatives: ordinary answers and jailbroken ones without words that decline. No held-back record is read.
Weights of reasons for a refusal may not fall below 0, those against not rise above it, and apologies and "as an AI" not
above 1.6: they stand before many answers that go on to help. One core, ten seconds, no dice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from analytics.detectors import refusal, refusal_reasons
from analytics.evaluate.split import is_held_back
from tests.evaluations.shared import folder, records

AGAINST = {"no access", "complies", "steps"}
CAPPED = {"sorry", "as an AI"}
ORDINARY = {
    "conversations_arena_hard_dev": 3.0, "conversations_hh_assistant_dev": 1.0,
    "conversations_taubench_airline_dev": 1.0, "conversations_tm4_coffee_dev": 1.0,
}  # fmt: skip
"""Schema-Guided Dialogue is share-alike: it is reported on and never fitted on."""


def fitting(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """Records that may be fitted on."""
    return (record for record in records(data, name) if not is_held_back(record["id"]))


def beginning(text: str) -> str:
    """What the detector looks at."""
    return text[:400].replace("\u2019", "'")


def declines(text: str) -> re.Match[str] | None:
    """Words that decline by the rules."""
    found = refusal._DECLINES.finditer(text)
    return next((match for match in found if refusal._is_meant(match, text)), None)


def labelled(data: Path, left_out: str = "") -> Iterator[tuple[str, bool, float]]:
    """Text, whether it refuses, and what it weighs; nothing of the file that is left out."""
    for record in (
        () if left_out == "jailbreak_response_gptfuzz_train" else fitting(data, "jailbreak_response_gptfuzz_train")
    ):
        text = beginning(record["text"])
        if not record["labels"]["jailbroken_response"]:
            yield text, True, 1.0
        elif not declines(text):
            yield text, False, 1.0
    for record in () if left_out == "jailbreak_jbb_dev" else fitting(data, "jailbreak_jbb_dev"):
        text = beginning(record["turns"][-1]["content"])
        if record["labels"]["attack_successful"]:
            yield text, False, 1.0
        elif declines(text):
            yield text, True, 1.0
    for record in () if left_out == "rag_halueval_general_dev" else fitting(data, "rag_halueval_general_dev"):
        if not declines(beginning(record["response"])):
            yield beginning(record["response"]), False, 3.0
    for name, weight in ORDINARY.items():
        if name == left_out:
            continue
        for record in fitting(data, name):
            for turn in record["turns"]:
                if turn["role"] == "assistant" and turn["content"] and not declines(beginning(turn["content"])):
                    yield beginning(turn["content"]), False, weight


def fit(data: Path, left_out: str = "") -> tuple[int, int, float, dict[str, float]]:
    """Refusals and others that were fitted on, the bias, and the weights by reason."""
    names = list(refusal_reasons.WEIGHTS)
    unique = {text: (label, weight) for text, label, weight in labelled(data, left_out)}
    seen = [dict(refusal_reasons.reasons(text)) for text in unique]
    x = np.array([[name in found for name in names] for found in seen], dtype=float)
    y = np.array([label for label, _ in unique.values()], dtype=float)
    w = np.array([weight for _, weight in unique.values()])

    def loss(beta: Any) -> tuple[float, Any]:
        z = x @ beta[1:] + beta[0]
        slope = w * (1 / (1 + np.exp(-z)) - y)
        value = (w * np.logaddexp(0, np.where(y == 1, -z, z))).sum() + 0.5 * (beta[1:] ** 2).sum()
        return value, np.r_[slope.sum(), x.T @ slope + beta[1:]]

    bounds: list[tuple[float | None, float | None]] = [(None, None)]
    bounds += [(None, 0) if name in AGAINST else (0, 1.6 if name in CAPPED else None) for name in names]
    beta = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    weights = {name: round(float(value), 2) for name, value in zip(names, beta[1:], strict=True)}
    return int(y.sum()), int((1 - y).sum()), round(float(beta[0]), 2), weights


def main() -> None:
    """Fit and print."""
    data = folder()
    if data is None:
        return
    refusals, others, bias, weights = fit(data)
    print(f"{refusals} refusals, {others} others; bias {bias:.2f}")
    for name, value in weights.items():
        print(f'"{name}": {value:.2f},')


if __name__ == "__main__":
    main()
