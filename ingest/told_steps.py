"""Which spans a request tells of in messages, so that each counts once, in however many messages it is told."""

from __future__ import annotations

from typing import ClassVar, Final

from backend.errors import AssayError
from ingest.protocols.base import Answer, Decoded, Protocol, Request
from ingest.wire import mlflow, otlp_content, timeless

_OF_OTHERS: Final = frozenset({(otlp_content.API, "log"), (mlflow.API, "trace")})
"""Messages that tell more of spans which count by themselves."""


class ToldSteps(Protocol):
    """A request's protocol that notes what it tells of piece by piece.

    Attributes:
        messages: how many messages about spans the request held.
        steps: the spans they tell of.
    """

    name: ClassVar[str] = ""

    def __init__(self, protocol: Protocol) -> None:
        """Have read nothing.

        Args:
            protocol: whose the request is.
        """
        self._protocol = protocol
        self.messages = 0
        self.steps: set[tuple[str, ...]] = set()

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read a body."""
        return self.decode_request(Request(body, content_type))

    def decode_request(self, request: Request) -> Decoded:
        """Read a request, and note its messages; copies of spans that it tells whole are none."""
        decoded = self._protocol.decode_request(request)
        for part in decoded.parts:
            if part.api == otlp_content.BARE:
                continue
            self.messages += 1
            if part.api == timeless.API:  # whose ids are clients' words, and name a step within its trace
                self.steps.add((part.api, part.trace_id, part.item_id))
            elif (part.api, part.kind) not in _OF_OTHERS:
                self.steps.add((part.api, part.kind, part.item_id))
        return decoded

    def marks(self, project_id: int) -> list[int]:
        """What these spans are recognised by when more is told of them."""
        return [hash((project_id, *step)) for step in self.steps]

    def accept(self, content_type: str, rejected: list[tuple[str, int]]) -> Answer:
        """The protocol's answer."""
        return self._protocol.accept(content_type, rejected)

    def refuse(self, content_type: str, error: AssayError) -> Answer:
        """The protocol's answer."""
        return self._protocol.refuse(content_type, error)
