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
_TAKEN_UP: Final = 0.2
_STEM: Final = 5
_LEAST: Final = 4
_READ: Final = 4_000
_FRAME: Final = frozenset(
    word[:_STEM]
    for word in _WORD.findall("""
    about again also been before could does doing done down from give have help here hello into just know like make
    more much need only over please some tell than thank thanks that their them then there they this very want wants
    was were what when where which will with would your yours request question
    """)
)
"""Beginnings of words that ask about nothing in particular."""


class Boilerplate(Detector):
    """The answer was given word for word to unrelated questions whose words it does not take up.

    To three questions or more that share less than a fifth of their words with each other, to six where it is shorter
    than 200 characters: a step of a process is told to many. Below 100 nothing is said.
    Greetings and closing phrases are shorter. A policy told to everyone who asks about it says the words they asked
    it with, in whatever sentences: such a question is answered, and does not count.
    """

    name: ClassVar[str] = "boilerplate"
    version: ClassVar[str] = "2"
    severity: ClassVar[Severity] = "medium"
    needs_peers: ClassVar[bool] = True

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if turn.peers is None:
            return Unjudged("nothing is known of its peers")
        if len(turn.output_text) < TWIN_LENGTH:
            return None
        said = _stems(turn.output_text[:_READ])
        if _is_taken_up(turn.input_text, said):
            return None
        unrelated = _unrelated([turn.input_text, *(one for one in turn.peers.twins if not _is_taken_up(one, said))])
        enough = _ENOUGH if len(turn.output_text) >= _LONG else _ENOUGH_IF_SHORT
        if len(unrelated) < enough:
            return Clear(min(0.4, 0.1 * len(unrelated))) if len(unrelated) > 1 else None
        shown = "; ".join(f'"{" ".join(one.split())[:60]}"' for one in unrelated[1:3])
        return Finding(
            min(0.99, 0.6 + 0.1 * (len(unrelated) - enough)),
            f"The same answer was given to {len(unrelated)} unrelated questions, such as {shown}.",
            (turn.cite("output", 0, 200),),
        )


def _is_taken_up(question: str, said: set[str]) -> bool:
    """Whether an answer of these words says a fair share of what it was asked, whatever their endings."""
    asked = _stems(question[:300]) - _FRAME
    return len(asked & said) >= max(1, _TAKEN_UP * len(asked))


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text.lower()) if len(word) >= _LEAST}


def _unrelated(questions: Sequence[str]) -> list[str]:
    """Questions, the first among them, of which no two share a fifth of their words."""
    chosen: list[tuple[str, set[str]]] = []
    for question in questions:
        words = set(_WORD.findall(question[:300].lower()))
        if len(words) >= 3 and all(len(words & other) < _UNRELATED * len(words | other) for _, other in chosen):
            chosen.append((question, words))
    return [question for question, _ in chosen]
