"""What the wire APIs in JSON share: their answers, and errors as an object with a message."""

from __future__ import annotations

from typing import Any

import msgspec

from backend.errors import AssayError
from ingest.protocols.base import Answer, Protocol

JSON = "application/json"


def answer(value: Any, status: int = 200) -> Answer:
    """A value as the answer."""
    return Answer(status, JSON, msgspec.json.encode(value))


class JsonProtocol(Protocol):
    """A protocol whose answers are JSON."""

    def accept(self, content_type: str, rejected: list[tuple[str, int]]) -> Answer:
        """Success, with what was refused and why: a client's log is where it helps."""
        return answer({"status": "ok", "refused": [{"reason": reason, "count": count} for reason, count in rejected]})

    def refuse(self, content_type: str, error: AssayError) -> Answer:
        """The reason under the names that these clients look for."""
        return answer({"error": error.code, "message": str(error), "detail": str(error)}, error.status)
