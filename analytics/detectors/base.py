"""What a detector is: a versioned pure function over columns of turns that answers with graded, cited verdicts."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from analytics.detectors.turn import (
    EARLIER,
    LATER,
    QUOTE_LIMIT,
    Document,
    Evidence,
    EvidenceField,
    Exchange,
    Source,
    ToolCall,
    ToolSchema,
    Turn,
    TurnColumns,
)

__all__ = [
    "EARLIER", "LATER", "QUOTE_LIMIT", "Clear", "Detector", "Document", "Evidence", "EvidenceField", "Exchange",
    "Finding", "Severity", "Source", "ToolCall", "ToolSchema", "Turn", "TurnColumns", "Unjudged", "Verdict", "score_of",
]  # fmt: skip

Severity: TypeAlias = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A detector's verdict that something is wrong with a turn.

    Attributes:
        score: how sure, from the detector's threshold to 1.
        explanation: one plain sentence with the figures that led here.
        evidence: where to look, at least one.
        severity: set where this case weighs differently from the detector's own severity.
    """

    score: float
    explanation: str
    evidence: tuple[Evidence, ...]
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Clear:
    """Looked at and not flagged.

    Attributes:
        score: on the scale of `Finding.score`, below the threshold; 0 where nothing at all was seen.
        explanation: what was seen, where it is worth a word.
        evidence: where it was seen, for those who ask for all scores; may be left out.
    """

    score: float = 0.0
    explanation: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Unjudged:
    """The turn lacks what the detector needs; the reason goes to the ledger."""

    reason: str


Verdict: TypeAlias = Finding | Clear | Unjudged | None
"""None means looked at and found nothing, as ``Clear(0)`` does."""


class Detector(ABC):
    """A kind of fault that can be seen in a turn.

    The first line of a subclass's docstring is its text in the UI. ``version`` changes whenever a verdict
    could change.

    Attributes:
        threshold: score from which on a turn is flagged, in (0, 1]; a project may set its own.
        needs_vectors: whether turns have to come with ``input_vector`` and ``output_vector``.
        needs_peers: whether they have to come with ``peers``.
        is_on: whether it runs in a project that has not chosen.
        is_remote: whether it asks something outside; it then judges in a stage of its own.
        is_graded: whether its findings have scores between which a threshold can choose.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    severity: ClassVar[Severity]
    threshold: float = 0.5
    needs_vectors: ClassVar[bool] = False
    needs_peers: ClassVar[bool] = False
    is_on: ClassVar[bool] = True
    is_graded: ClassVar[bool] = True
    is_remote: ClassVar[bool] = False

    def __init__(self, threshold: float | None = None) -> None:
        if threshold is not None:
            if not 0 < threshold <= 1:
                raise ValueError(f"the threshold of {self.name} must be above 0 and at most 1; got {threshold}")
            self.threshold = threshold

    def detect(self, turns: TurnColumns) -> list[Verdict]:
        """Judge a batch; one verdict a turn, in order, each independent of the others."""
        return [self.held(self.judge(turn)) for turn in turns]

    @abstractmethod
    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn; a finding below the threshold becomes clear in `detect`."""

    def held(self, verdict: Verdict) -> Verdict:
        """Hold a verdict against the threshold: a finding below it is none."""
        if isinstance(verdict, Finding) and verdict.score < self.threshold:
            return Clear(verdict.score, verdict.explanation)
        return verdict

    def grade(
        self, score: float, explanation: str, evidence: tuple[Evidence, ...], severity: Severity | None = None
    ) -> Finding | Clear:
        """Make a finding of a score that reaches the threshold, else a clear verdict with that score."""
        score = min(1.0, max(0.0, score))
        if score >= self.threshold and evidence:
            return Finding(score, explanation, evidence, severity)
        return Clear(min(score, self.threshold - 1e-6), explanation)


def score_of(verdict: Verdict) -> float | None:
    """Score of a verdict, 0 to 1; None where the turn was not judged."""
    if isinstance(verdict, Unjudged):
        return None
    return verdict.score if verdict else 0.0
