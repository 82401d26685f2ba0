"""Credentials in an answer, in what the user pasted, or in what tools and documents brought."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar, Final, TypeAlias

from analytics.detectors.base import Clear, Detector, Evidence, Severity, Source, Turn, Unjudged, Verdict
from backend.sensitive.secrets import found

_READ: Final = 60_000
_SHOWN: Final = 6


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


Cite: TypeAlias = Callable[[int, int], Evidence]


def _texts(turn: Turn) -> Iterator[tuple[Source, str, Cite]]:
    yield "answer", turn.output_text, partial(turn.cite, "output")
    yield "user", turn.input_text, partial(turn.cite, "input")
    for at, one in enumerate(turn.documents):
        yield "document", one.text, partial(turn.cite_document, at)
    for at, call in enumerate(turn.tool_calls):
        yield "tool", call.result, partial(turn.cite_result, at)
