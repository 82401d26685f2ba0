"""What a natural-language judge is asked, and the endpoint that is asked."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import msgspec

from backend.detection.definitions import MOST_EXPLANATION, SEVERITIES
from backend.errors import BadRequest

MOST_INSTRUCTION: Final = 2000
KEY_NAME: Final = re.compile(r"JUDGE_KEY(?:_[A-Z0-9_]{1,40})?")
"""Environment variables that may hold a key: an owner must not be able to send any other secret somewhere."""


@dataclass(frozen=True, slots=True)
class Judging:
    """A question about an answer, put to a model.

    Attributes:
        instruction: what is to be flagged, in words.
        with_documents: whether the model sees the retrieved documents too.
        severity: of what it finds.
        explanation: what a finding means, for people.
    """

    instruction: str
    with_documents: bool = False
    severity: str = "medium"
    explanation: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    def version(self, model: str) -> str:
        """Names the question and the model that answers it."""
        return f"{hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:8]} by {model}"[:100]


def judging(given: Mapping[str, Any]) -> Judging:
    """Read a judge's question.

    Raises:
        BadRequest: something is missing or too long; the message says what and the limit.
    """
    try:
        found = msgspec.convert(dict(given), Judging)
    except msgspec.ValidationError as fault:
        raise BadRequest(f"the definition cannot be read: {fault}") from None
    if not 10 <= len(found.instruction) <= MOST_INSTRUCTION:
        raise BadRequest(
            f"the instruction has {len(found.instruction):,} characters; it needs from 10 to {MOST_INSTRUCTION:,}"
        )
    if found.severity not in SEVERITIES:
        raise BadRequest(f"severity is {found.severity[:20]!r}; it must be low, medium or high")
    if len(found.explanation) > MOST_EXPLANATION:
        raise BadRequest(f"the explanation has {len(found.explanation)} characters; the limit is {MOST_EXPLANATION}")
    return found


def key_of(name: str) -> str:
    """The key that an environment variable of the worker holds; empty where none is named or set."""
    return os.environ.get(name, "") if name and KEY_NAME.fullmatch(name) else ""
