"""What a cause is: one of nine words with a probability and its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from analytics.detectors.turn import Evidence

Name: TypeAlias = Literal[
    "question_misunderstood", "retrieval_failed", "reasoning_error", "prompt", "model_provider", "tool", "data",
    "policy", "not_enough_evidence",
]  # fmt: skip

TEXTS: Final[Mapping[Name, str]] = {
    "question_misunderstood": "The answer is about something else than what was asked.",
    "retrieval_failed": "The right document was not found, or not in a place where it was read.",
    "reasoning_error": "The documents were right and the answer does not follow from them.",
    "prompt": "The instructions led the answer away from what was asked.",
    "model_provider": "The model or its provider failed.",
    "tool": "A tool failed or was called in circles.",
    "data": "A document or a tool's result itself was bad.",
    "policy": "Rules were applied where they should not have been, or broken.",
    "not_enough_evidence": "Something is wrong, and what was recorded does not tell why.",
}
"""What each cause means, as people read it."""

VERSION: Final = "4"

SHOWN: Final = 0.8
"""From this probability on a cause is called probable; below it is a hint. See docs/causes.md."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an answer was probably bad.

    Attributes:
        name: one of ``TEXTS``.
        probability: that it is this one, given that the answer is bad; 0 to 1.
        explanation: one plain sentence with what led here.
        evidence: where to look; an earlier step may be the cause.
        detail: the kind within the cause, such as ``nothing_found``; empty where there is only one.
        others: probabilities of the other causes that were weighed, by name.
    """

    name: Name
    probability: float
    explanation: str
    evidence: tuple[Evidence, ...] = ()
    detail: str = ""
    others: Mapping[str, float] = field(default_factory=dict)
