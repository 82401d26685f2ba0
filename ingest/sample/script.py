"""A planned conversation, down to every step: what ``plan`` makes and ``play`` sends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from backend.telemetry.message import Document, Message
from ingest.sample.llms import Model, Usage
from ingest.sample.texts import Failure


class Kind(StrEnum):
    """Kinds of planted faults."""

    RETRIEVAL_MISS = "retrieval_miss"
    BAD_PROMPT = "bad_prompt"
    OUTAGE = "outage"
    REPETITION = "repetition"
    TOOL_LOOP = "tool_loop"
    EMPTY = "empty"
    TRUNCATION = "truncation"
    REFUSAL = "refusal"
    PII_LEAK = "pii_leak"
    DOCUMENT_INJECTION = "document_injection"
    JAILBREAK = "jailbreak"
    DISSATISFACTION = "dissatisfaction"
    TOOL_ERROR = "tool_error"


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted fault.

    Attributes:
        kind: what goes wrong.
        detail: in which way, such as ``obeyed`` or ``ignored``; empty where there is only one.
    """

    kind: Kind
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a turn; times are nanoseconds since 1970."""

    started_ns: int
    ended_ns: int
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval(Step):
    """A search in the knowledge base."""

    query: str
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun(Step):
    """A call of a tool; arguments and result are JSON."""

    name: str
    call_id: str
    arguments: str
    result: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked.

    Attributes:
        model: the model.
        system: system instructions, the prompt first, then the documents.
        messages: what was said before and the question.
        tools: names of the tools that are offered.
    """

    model: Model
    system: tuple[str, ...]
    messages: tuple[Message, ...]
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall(Step):
    """A call of a model.

    Attributes:
        reply: what came back; None where the call failed.
        first_token_ns: time to the first token; 0 where none came.
        max_tokens: the limit that was asked for.
    """

    request: Request
    reply: Message | None
    usage: Usage
    response_id: str
    first_token_ns: int
    max_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One exchange: what the customer said, the steps of the agent, the answer.

    Attributes:
        trace_id: 32 hex digits.
        number: of the turn in its conversation, from 0.
        want: slug of the want behind it; empty for an attack on the assistant.
        failure: why there is no answer.
    """

    trace_id: str
    number: int
    started_ns: int
    ended_ns: int
    want: str
    move: str
    ask: str
    answer: str
    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation of one customer."""

    id: str
    user_id: str
    environment: str
    release: str
    prompt_version: str
    want: str
    turns: tuple[Turn, ...]

    def only(self, *turns: Turn) -> Conversation:
        """The same conversation with nothing but these turns."""
        return replace(self, turns=turns)
