"""What a protocol is: bytes of a request to spans, and the answer in the client's own form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from backend.errors import AssayError
from backend.telemetry.span import Span


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a body held.

    Attributes:
        spans: everything that could be read.
        rejected: (reason in words, how many) of what could not.
        counted: things that are taken note of and not stored, such as metrics.
    """

    spans: list[Span] = field(default_factory=list)
    rejected: list[tuple[str, int]] = field(default_factory=list)
    counted: int = 0


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
        paths: addresses it is served at.
    """

    name: ClassVar[str]
    paths: ClassVar[tuple[str, ...]]

    @abstractmethod
    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read a whole, decompressed body.

        Args:
            body: the bytes.
            content_type: without its parameters, in lower case.

        Raises:
            AssayError: the body cannot be read; the message says what and where.
        """

    @abstractmethod
    def accept(self, content_type: str, rejected: list[tuple[str, int]]) -> Answer:
        """The answer to a request that was stored but for what was rejected."""

    @abstractmethod
    def refuse(self, content_type: str, error: AssayError) -> Answer:
        """The answer to a request that was refused whole."""
