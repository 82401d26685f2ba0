"""One and the same answer to unrelated questions."""

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Finding, Severity, Turn, Unjudged, Verdict
from analytics.detectors.peers import TWIN_LENGTH

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_UNRELATED: Final = 0.2
_LONG: Final = 200
_ENOUGH: Final = 3
_ENOUGH_IF_SHORT: Final = 6


class Boilerplate(Detector):
    """The answer was given word for word to unrelated questions.

    To three questions or more that share less than a fifth of their words with each other, to six where it is shorter
    than 200 characters: a step of a process is told to many. Below 100 nothing is said.
    Greetings and closing phrases are shorter; a policy told to everyone who asks about it answers related questions.
    """

    name: ClassVar[str] = "boilerplate"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "medium"
    needs_peers: ClassVar[bool] = True

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if turn.peers is None:
            return Unjudged("nothing is known of its peers")
        if len(turn.output_text) < TWIN_LENGTH:
            return None
        unrelated = _unrelated([turn.input_text, *turn.peers.twins])
        enough = _ENOUGH if len(turn.output_text) >= _LONG else _ENOUGH_IF_SHORT
        if len(unrelated) < enough:
            return Clear(min(0.4, 0.1 * len(unrelated))) if len(unrelated) > 1 else None
        shown = "; ".join(f'"{" ".join(one.split())[:60]}"' for one in unrelated[1:3])
        return Finding(
            min(0.99, 0.6 + 0.1 * (len(unrelated) - enough)),
            f"The same answer was given to {len(unrelated)} unrelated questions, such as {shown}.",
            (turn.cite("output", 0, 200),),
        )


def _unrelated(questions: Sequence[str]) -> list[str]:
    """Questions, the first among them, of which no two share a fifth of their words."""
    chosen: list[tuple[str, set[str]]] = []
    for question in questions:
        words = set(_WORD.findall(question[:300].lower()))
        if len(words) >= 3 and all(len(words & other) < _UNRELATED * len(words | other) for _, other in chosen):
            chosen.append((question, words))
    return [question for question, _ in chosen]
