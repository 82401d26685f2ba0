"""Credentials in an answer, in what the user pasted, or in what tools and documents brought."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final, TypeAlias

from analytics.detectors.base import Clear, Detector, Evidence, Severity, Source, Turn, Unjudged, Verdict
from analytics.detectors.secret_kinds import KINDS, Kind

_READ: Final = 60_000
_SHOWN: Final = 6
_PLACEHOLDER: Final = re.compile(
    r"(?i)x{4,}|\*{3,}|\.{3}|\.\.\.|example|sample|placeholder|dummy|changeme|your[_-]|my[_-]?(?:secret|token|key|password)"
    r"|insert|replace|redacted|^<.*>$|\$\{|\{\{|%s|env\b|process\.|getenv|abcdef|012345678|123456789|foobar|todo"
    r"|^(?:null|none|true|false|undefined|string|password|secret|token|bearer|basic)$"
)
_NO_VALUE: Final = (
    "id",
    "name",
    "length",
    "url",
    "source",
    "type",
    "path",
    "file",
    "count",
    "limit",
    "uri",
    "endpoint",
)
"""Endings of settings that speak about a credential and do not hold it."""
_DOUBTED: Final = 0.45
_WORDLIKE: Final = re.compile(r"^[A-Za-z_.-]+$")


@dataclass(frozen=True, slots=True)
class _Found:
    kind: Kind
    score: float
    start: int
    end: int


class Secret(Detector):
    """A credential stands in the clear: a key, token, password or private key of a known shape.

    Shapes of some sixty issuers and settings that name a password; placeholders of documentation are left out. Grave
    in an answer when the user did not give it; what a user or a tool brings is of medium severity.
    """

    name: ClassVar[str] = "secret"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "high"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        best, kind, evidence, gravest = 0.0, "", [], ""
        seen_text = False
        for source, text, cite in _texts(turn):
            seen_text = seen_text or bool(text.strip())
            for one in found(text[:_READ]):
                if one.score > best:
                    best, kind = one.score, one.kind.name
                if one.score >= self.threshold:
                    evidence.append(cite(one.start, one.end))
                    given = source == "answer" and text[one.start : one.end] in turn.input_text
                    gravest = "high" if source == "answer" and not given else gravest or "medium"
        if not seen_text:
            return Unjudged("there is no text")
        if not evidence:
            return Clear(best)
        severity: Severity = "high" if gravest == "high" else "medium"
        article = "an" if kind[0] in "AEIO" else "a"
        more = f", one of {len(evidence)} credentials" if len(evidence) > 1 else ""
        return self.grade(
            best,
            f"What looks like {article} {kind} stands here in the clear{more}.",
            tuple(evidence[:_SHOWN]),
            severity,
        )


def found(text: str) -> list[_Found]:
    """Credentials of a text, each place once, in order."""
    low = text.lower()
    taken: list[_Found] = []
    for kind in KINDS:
        if not any(word in low for word in kind.keywords):
            continue
        for match in kind.pattern.finditer(text):
            start, end = match.span("v") if match.re.groups and match["v"] else match.span()
            if any(one.start < end and start < one.end for one in taken):
                continue
            tail = (match["k"] or "").lower() if "k" in match.re.groupindex else ""
            score = 0.0 if tail.endswith(_NO_VALUE) else _score(kind, text[start:end])
            if score:
                taken.append(_Found(kind, score, start, end))
    return sorted(taken, key=lambda one: one.start)


def _score(kind: Kind, value: str) -> float:
    """How sure a shape is of this value; 0 where it is no secret at all."""
    if _PLACEHOLDER.search(value[-60:] if kind.is_named else value):
        return _DOUBTED if kind.is_named else 0.0
    if len(set(value)) < 5:
        return _DOUBTED if kind.is_named else 0.0
    if kind.is_named:
        return kind.sure
    digits = sum(character.isdigit() for character in value)
    if kind.name == "credential in a setting":
        if _WORDLIKE.match(value) or not digits or _entropy(value) < 3.0:
            return 0.0
        return min(kind.sure, 0.25 + 0.1 * _entropy(value))
    return kind.sure


def _entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


Cite: TypeAlias = Callable[[int, int], Evidence]


def _texts(turn: Turn) -> Iterator[tuple[Source, str, Cite]]:
    yield "answer", turn.output_text, partial(turn.cite, "output")
    yield "user", turn.input_text, partial(turn.cite, "input")
    for at, one in enumerate(turn.documents):
        yield "document", one.text, partial(turn.cite_document, at)
    for at, call in enumerate(turn.tool_calls):
        yield "tool", call.result, partial(turn.cite_result, at)
