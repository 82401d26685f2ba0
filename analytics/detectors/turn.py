"""One exchange as analysers read it: what was said, from what, by which tools, and what stood around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from analytics.detectors.peers import Peers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector: TypeAlias = NDArray[np.float32]

EvidenceField: TypeAlias = Literal[
    "input", "output", "status", "finish_reason", "tool", "tool_result", "document", "system"
]
Source: TypeAlias = Literal["user", "document", "tool", "answer"]

QUOTE_LIMIT = 300
"""Longest quote of a piece of evidence, in code points; a whole runaway answer helps nobody."""

EARLIER = 10
"""Most exchanges of the same conversation that a turn brings along from before it."""

LATER = 3
"""Most exchanges that it brings along from after it."""

SEEN = 20
"""Most results of tools that it brings along from the turns before."""

OUTPUT_EMBEDDED = 500
"""Code points of an answer that its vector is of: what it is about stands at its beginning."""

_SOURCES: dict[EvidenceField, Source] = {
    "input": "user", "document": "document", "tool_result": "tool", "tool": "answer", "output": "answer",
    "status": "answer", "finish_reason": "answer", "system": "answer",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the model asked for.

    Attributes:
        name: of the tool.
        arguments: as they were sent, mostly JSON.
        span_id: of the call, or of the model call that asked for it.
        result: what came back, as text; empty where nothing was recorded.
        is_error: whether the call failed.
    """

    name: str
    arguments: str
    span_id: str
    result: str = ""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """A tool that was offered to the model: its name and its parameters, a JSON schema as text."""

    name: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was retrieved for a turn; ``score`` is the retriever's own and has no fixed scale."""

    text: str
    document_id: str = ""
    score: float | None = None
    span_id: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Another turn of the same conversation, in words alone."""

    user: str
    assistant: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words a finding rests on.

    Attributes:
        span_id: the span they stand in.
        field: which text of the turn; for ``tool`` the arguments of a call, for ``tool_result`` what it gave back.
        start: offset of the first code point in that text.
        end: offset after the last one.
        quote: the words themselves, ``text[start:end]``.
        source: where the words came from; the system prompt counts with the answer, which is what leaks it.
        index: which document or tool call of the turn, from 0; else 0.
    """

    span_id: str
    field: EvidenceField
    start: int
    end: int
    quote: str
    source: Source = "answer"
    index: int = 0


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
    system_text: str = ""
    documents: Sequence[Document] = ()
    tools: Sequence[ToolSchema] = ()
    response_schema: str = ""
    earlier: Sequence[Exchange] = ()
    later: Sequence[Exchange] = ()
    model: str = ""
    user_id: str = ""
    latency_ms: float | None = None
    cost_usd: float | None = None
    input_vector: Vector | None = field(default=None, compare=False, repr=False)
    output_vector: Vector | None = field(default=None, compare=False, repr=False)
    peers: Peers | None = field(default=None, repr=False)
    output_cut: int = 0
    seen: Sequence[str] = field(default=(), repr=False)

    @property
    def status_text(self) -> str:
        """The text that offsets of ``status`` evidence count in: ``type: message``, or what there is of it."""
        return ": ".join(part for part in (self.error_type, self.error_message) if part) or self.status

    def cite(self, where: EvidenceField, start: int = 0, end: int | None = None) -> Evidence:
        """Quote part of one of the turn's own texts (not of a document or tool call), cut to ``QUOTE_LIMIT``."""
        text = {
            "input": self.input_text,
            "output": self.output_text,
            "status": self.status_text,
            "finish_reason": self.finish_reason,
            "system": self.system_text,
        }[where]
        span_id = self.error_span_id if where == "status" and self.error_span_id else self.output_span_id
        return _quote(text, span_id, where, start, end)

    def cite_system(self, start: int = 0, end: int | None = None) -> Evidence:
        """Quote part of the system prompt."""
        return self.cite("system", start, end)

    def cite_call(self, call: ToolCall, start: int = 0, end: int | None = None) -> Evidence:
        """Quote part of the arguments of a tool call."""
        return _quote(call.arguments, call.span_id, "tool", start, end, self._place(call))

    def cite_result(self, index: int, start: int = 0, end: int | None = None) -> Evidence:
        """Quote part of what the tool call at a place of ``tool_calls`` gave back."""
        call = self.tool_calls[index]
        return _quote(call.result, call.span_id, "tool_result", start, end, index)

    def cite_document(self, index: int, start: int = 0, end: int | None = None) -> Evidence:
        """Quote part of the retrieved document at a place of ``documents``."""
        document = self.documents[index]
        return _quote(document.text, document.span_id or self.output_span_id, "document", start, end, index)

    def _place(self, call: ToolCall) -> int:
        return next((place for place, one in enumerate(self.tool_calls) if one is call), 0)


@dataclass(frozen=True, slots=True)
class TurnColumns:
    """A batch of turns as columns of equal length, one entry a turn; columns with a default may be left out.

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
        system_text: the system prompt of the model call that answered, else empty.
        documents: what was retrieved for the turn, best first.
        tools: what the model was offered.
        response_schema: JSON schema that the answer was asked to follow, as text, else empty.
        earlier: the turns before in the same conversation, newest last, at most ``EARLIER``.
        later: the turns after, at most ``LATER``.
        model: that answered, else empty.
        user_id: of the user, else empty.
        latency_ms: from the turn's start to its end; None when unknown.
        cost_usd: of all its model calls; None when unpriced.
        input_vector: of ``input_text``, float32 of length 1; None unless a detector asks for vectors.
        output_vector: of the answer's first ``OUTPUT_EMBEDDED`` code points, likewise.
        peers: what the turn is compared with; None unless a detector asks for peers.
        output_cut: characters of the answer behind ``output_text``, which are not read; 0 nearly always.
        seen: what tools gave back in earlier turns, as far as the model saw it again, oldest first, at most ``SEEN``.
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
    system_text: Sequence[str] = field(default=(), repr=False)
    documents: Sequence[Sequence[Document]] = field(default=(), repr=False)
    tools: Sequence[Sequence[ToolSchema]] = field(default=(), repr=False)
    response_schema: Sequence[str] = field(default=(), repr=False)
    earlier: Sequence[Sequence[Exchange]] = field(default=(), repr=False)
    later: Sequence[Sequence[Exchange]] = field(default=(), repr=False)
    model: Sequence[str] = ()
    user_id: Sequence[str] = ()
    latency_ms: Sequence[float | None] = ()
    cost_usd: Sequence[float | None] = ()
    input_vector: Sequence[Vector | None] = field(default=(), repr=False, compare=False)
    output_vector: Sequence[Vector | None] = field(default=(), repr=False, compare=False)
    peers: Sequence[Peers | None] = field(default=(), repr=False)
    output_cut: Sequence[int] = ()
    seen: Sequence[Sequence[str]] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name, usual in _USUAL.items():
            if not len(getattr(self, name)) and self.turn_id:
                object.__setattr__(self, name, [usual] * len(self.turn_id))
        lengths = {column.name: len(getattr(self, column.name)) for column in fields(self)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of a batch must be equally long; got {lengths}")

    def __len__(self) -> int:
        return len(self.turn_id)

    def __iter__(self) -> Iterator[Turn]:
        columns = [getattr(self, column.name) for column in fields(self)]
        return (Turn(*row) for row in zip(*columns, strict=True))

    def at(self, place: int) -> Turn:
        """One row."""
        return Turn(*(getattr(self, column.name)[place] for column in fields(self)))

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> TurnColumns:
        """Make columns of rows."""
        return cls(**{column.name: [getattr(t, column.name) for t in turns] for column in fields(cls)})


_USUAL: dict[str, Any] = {item.name: item.default for item in fields(Turn) if item.default is not MISSING}


def _quote(text: str, span_id: str, where: EvidenceField, start: int, end: int | None, index: int = 0) -> Evidence:
    start = max(0, min(start, len(text)))
    end = max(start, min(len(text) if end is None else end, len(text), start + QUOTE_LIMIT))
    return Evidence(span_id, where, start, end, text[start:end], _SOURCES[where], index)
