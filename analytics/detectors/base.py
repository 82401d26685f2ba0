"""What a detector is: a versioned pure function over columns of turns that answers with cited findings."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import ClassVar, Literal, TypeAlias

Severity: TypeAlias = Literal["low", "medium", "high"]
EvidenceField: TypeAlias = Literal["input", "output", "status", "finish_reason", "tool"]

QUOTE_LIMIT = 300
"""Longest quote of a piece of evidence, in code points; a whole runaway answer helps nobody."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the model asked for: its name, its arguments as they were sent, and the span that asked."""

    name: str
    arguments: str
    span_id: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words a finding rests on.

    Attributes:
        span_id: the span they stand in.
        field: which text of the turn; for ``tool`` the arguments of a call of that span.
        start: offset of the first code point in that text.
        end: offset after the last one.
        quote: the words themselves, ``text[start:end]``.
    """

    span_id: str
    field: EvidenceField
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A detector's verdict that something is wrong with a turn.

    Attributes:
        confidence: how sure, 0 to 1.
        explanation: one plain sentence with the figures that led here.
        evidence: where to look, at least one.
        severity: set where this case weighs differently from the detector's own severity.
    """

    confidence: float
    explanation: str
    evidence: tuple[Evidence, ...]
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Unjudged:
    """The turn lacks what the detector needs; the reason goes to the ledger."""

    reason: str


Verdict: TypeAlias = Finding | Unjudged | None
"""None means looked at and found nothing."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One row of `TurnColumns`."""

    turn_id: str
    trace_id: str
    input_text: str
    output_text: str
    output_span_id: str
    status: str
    error_type: str
    error_message: str
    error_span_id: str
    finish_reason: str
    output_tokens: int
    max_tokens: int
    tool_calls: Sequence[ToolCall]

    @property
    def status_text(self) -> str:
        """The text that offsets of ``status`` evidence count in: ``type: message``, or what there is of it."""
        return ": ".join(part for part in (self.error_type, self.error_message) if part) or self.status

    def cite(self, where: EvidenceField, start: int = 0, end: int | None = None) -> Evidence:
        """Quote part of one of the turn's own texts (not of a tool call), cut to ``QUOTE_LIMIT``."""
        text = {
            "input": self.input_text,
            "output": self.output_text,
            "status": self.status_text,
            "finish_reason": self.finish_reason,
        }[where]
        span_id = self.error_span_id if where == "status" and self.error_span_id else self.output_span_id
        return _quote(text, span_id, where, start, len(text) if end is None else end)

    def cite_call(self, call: ToolCall) -> Evidence:
        """Quote the arguments of a tool call."""
        return _quote(call.arguments, call.span_id, "tool", 0, len(call.arguments))


@dataclass(frozen=True, slots=True)
class TurnColumns:
    """A batch of turns as columns of equal length, one entry a turn.

    Attributes:
        turn_id: of the turn.
        trace_id: of the trace the turn was assembled from.
        input_text: what the user said.
        output_text: what came back.
        output_span_id: the span that answered.
        status: ``ok``, ``error`` or ``unset``.
        error_type: type of the error that ended the turn, else empty.
        error_message: its message, else empty.
        error_span_id: the span that failed, else empty.
        finish_reason: as the provider said it, else empty.
        output_tokens: tokens of the answer, 0 when unknown.
        max_tokens: the limit the request set, 0 when unknown.
        tool_calls: what the model asked for, in order.
    """

    turn_id: Sequence[str]
    trace_id: Sequence[str]
    input_text: Sequence[str]
    output_text: Sequence[str]
    output_span_id: Sequence[str]
    status: Sequence[str]
    error_type: Sequence[str]
    error_message: Sequence[str]
    error_span_id: Sequence[str]
    finish_reason: Sequence[str]
    output_tokens: Sequence[int]
    max_tokens: Sequence[int]
    tool_calls: Sequence[Sequence[ToolCall]] = field(repr=False)

    def __post_init__(self) -> None:
        lengths = {column.name: len(getattr(self, column.name)) for column in fields(self)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of a batch must be equally long; got {lengths}")

    def __len__(self) -> int:
        return len(self.turn_id)

    def __iter__(self) -> Iterator[Turn]:
        columns = [getattr(self, column.name) for column in fields(self)]
        return (Turn(*row) for row in zip(*columns, strict=True))

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> "TurnColumns":
        """Make columns of rows."""
        return cls(**{column.name: [getattr(t, column.name) for t in turns] for column in fields(cls)})


class Detector(ABC):
    """A kind of fault that can be seen in a turn.

    The first line of a subclass's docstring is its text in the UI. ``version`` changes whenever a verdict
    could change.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    severity: ClassVar[Severity]

    def detect(self, turns: TurnColumns) -> list[Verdict]:
        """Judge a batch; one verdict a turn, in order, each independent of the others."""
        return [self.judge(turn) for turn in turns]

    @abstractmethod
    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""


def _quote(text: str, span_id: str, where: EvidenceField, start: int, end: int) -> Evidence:
    start = max(0, min(start, len(text)))
    end = max(start, min(end, len(text), start + QUOTE_LIMIT))
    return Evidence(span_id, where, start, end, text[start:end])
