"""What a protocol is: bytes of a request to spans, and the answer in the client's own form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from backend.errors import AssayError
from backend.telemetry.part import WirePart
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.attaching import Attachment


@dataclass(frozen=True, slots=True)
class Request:
    """What a protocol may know of a request.

    Attributes:
        body: whole and decompressed.
        content_type: without its parameters, in lower case.
        headers: by their names in lower case.
        parameters: what the braces of the route stood for, decoded.
    """

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a body held.

    Attributes:
        spans: everything that could be read.
        rejected: (reason in words, how many) of what could not.
        counted: things that are taken note of and not stored, such as metrics.
        scores: judgements and feedback; what they are about may be known already, come later, or never.
        parts: what is told of spans piece by piece; ``ingest.wire.merging`` makes spans of them.
        attachments: files that came beside what refers to them, to be kept before it.
        answer: what to say once all of it is safe; None leaves it to ``Protocol.accept``.
    """

    spans: list[Span] = field(default_factory=list)
    rejected: list[tuple[str, int]] = field(default_factory=list)
    counted: int = 0
    scores: list[Score] = field(default_factory=list)
    parts: list[WirePart] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client."""

    status: int
    content_type: str
    body: bytes


class Protocol(ABC):
    """One way that clients send; one module each, discovered.

    Attributes:
        name: kept with each span that came this way, and the label of its counters.
        paths: addresses it is served at, with POST.
        routes: (method, address with ``{names}``) of further ones; a name stands for one segment.
        key_in_body: the key may stand in the body instead of a header; ``key_of`` finds it.
    """

    name: ClassVar[str]
    paths: ClassVar[tuple[str, ...]] = ()
    routes: ClassVar[tuple[tuple[str, str], ...]] = ()
    key_in_body: ClassVar[bool] = False

    @abstractmethod
    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read a whole, decompressed body.

        Args:
            body: the bytes.
            content_type: without its parameters, in lower case.

        Raises:
            AssayError: the body cannot be read; the message says what and where.
        """

    def decode_request(self, request: Request) -> Decoded:
        """Read a request whose headers or address matter too; by default only the body does."""
        return self.decode(request.body, request.content_type)

    def key_of(self, body: bytes) -> str:
        """The key that a body carries, empty where it carries none."""
        return ""

    @abstractmethod
    def accept(self, content_type: str, rejected: list[tuple[str, int]]) -> Answer:
        """The answer to a request that was stored but for what was rejected."""

    def completed(self, fixed: Answer, rejected: list[tuple[str, int]]) -> Answer:
        """The answer that the body led to, with what was rejected where it has room for that; by default as it is."""
        return fixed

    @abstractmethod
    def refuse(self, content_type: str, error: AssayError) -> Answer:
        """The answer to a request that was refused whole."""
