"""Completeness: whether every part of what was asked got an answer."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from analytics.detectors.turn import Turn
from analytics.scores.base import Measured, Score, Scored, Unjudged
from analytics.scores.meaning import of_turn, passages, vectors
from analytics.scores.retrieval_relevance import BIAS, MEANING, WORDS, covered
from analytics.scores.support import stems_of
from analytics.scores.trees import logistic
from analytics.scores.words import sentences

READ: Final = 6_000
TAKEN_UP: Final = math.log(9)
"""Added to the odds of retrieval relevance: nine of ten parts of a question are taken up, not one of two."""

PARTS: Final = 6
PASSAGES: Final = 3
_VERBS: Final = (
    "explain|list|give|tell|describe|show|write|compare|suggest|name|provide|include|calculate|find|summari[sz]e|create|"
    "make|translate|generate|help"
)
_QUESTIONS: Final = "what|how|why|when|where|who|which"
JOINT: Final = re.compile(
    r";\s+|,?\s+\b(?:and|then|also|as well as|plus)\b\s+"
    rf"(?=(?:then\s+|also\s+|please\s+)?(?:{_QUESTIONS}|is|are|can|do|does|should|{_VERBS})\b)",
    re.IGNORECASE,
)
ASKS: Final = re.compile(
    r"\?|^(?:\W*\d+[.)]|\W*[-*•])|"
    rf"^\W*(?:please\s+|can you\s+|could you\s+)?(?:{_QUESTIONS}|{_VERBS}|i (?:want|need|would like|'d like))\b",
    re.IGNORECASE,
)
NUMBER_WORDS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
COUNT: Final = re.compile(
    r"\b(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\s+(?:\w+\s+){0,2}?"
    r"(?:ideas|examples|reasons|ways|steps|tips|points|items|questions|options|facts|names|suggestions|benefits|"
    r"advantages|differences|strategies|recommendations|titles)\b",
    re.IGNORECASE,
)
ITEM: Final = re.compile(r"^\s*(?:\d{1,2}[.):]|[-*•–]|#{1,4}\s*\d)\s*\S", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a question: where it stands and how likely the answer takes it up, 0 to 1."""

    start: int
    end: int
    value: float


class Completeness(Score):
    """Does the answer take up every part of what was asked?"""

    name: ClassVar[str] = "completeness"
    version: ClassVar[str] = "2"
    low: ClassVar[float] = 0.4
    needs_vectors: ClassVar[bool] = True
    experimental: ClassVar[bool] = True

    def judge(self, turn: Turn) -> Measured:
        """Measure one turn: the mean over the parts of its question, less what is missing of a number asked for."""
        places = parts_of(turn.input_text[:READ])
        if not places:
            return Unjudged("the question has no words")
        if not sentences(turn.output_text[:READ]):
            return Scored(0.0, "There is no answer with words.", (turn.cite("input", *places[0]),))
        found = _answered(turn, places)
        value = sum(part.value for part in found) / len(found)
        asked, given = counted(turn.input_text[:READ], turn.output_text)
        if asked and given < asked:
            value *= max(0.3, given / asked)
        open_parts = [part for part in found if part.value < self.low]
        evidence = tuple(turn.cite("input", part.start, part.end) for part in open_parts)
        return Scored(value, _explained(found, open_parts, asked, given), evidence)


def parts_of(question: str) -> list[tuple[int, int]]:
    """Cut a question into the parts that want an answer each; all of it where nothing looks like a request.

    >>> [("What is it, and how much is it?")[a:b] for a, b in parts_of("What is it, and how much is it?")]
    ['What is it', 'how much is it?']
    """
    found: list[tuple[int, int]] = []
    for sentence in sentences(question):
        text = question[sentence.start : sentence.end]
        if not ASKS.search(text):
            continue
        start = sentence.start
        for joint in [*JOINT.finditer(text), None]:
            end = sentence.start + joint.start() if joint else sentence.end
            if question[start:end].strip():
                found.append((start, end))
            start = sentence.start + joint.end() if joint else end
    if not found:
        whole = sentences(question)
        return [(whole[0].start, whole[-1].end)] if whole else []
    return found[:PARTS]


def counted(question: str, answer: str) -> tuple[int, int]:
    r"""How many things were asked for, 0 where no number was said, and how many items the answer lists.

    >>> counted("Give me three ideas", "1. a\n2. b")
    (3, 2)
    """
    wanted = COUNT.search(question)
    if not wanted:
        return 0, 0
    number = wanted[1].lower()
    items = len(ITEM.findall(answer))
    return (NUMBER_WORDS.get(number) or int(number), items) if items else (0, 0)


def _answered(turn: Turn, places: Sequence[tuple[int, int]]) -> list[Part]:
    answer = turn.output_text[:READ]
    if len(places) == 1:
        first, second = of_turn(turn)
        return [_part(*places[0], turn.input_text, stems_of(answer), float(first @ second))]
    cut = passages(sentences(answer))[:PASSAGES]
    texts = [answer[part[0].start : part[-1].end] for part in cut]
    asked = [turn.input_text[start:end] for start, end in places]
    rows = vectors([*asked, *texts])
    near = (rows[: len(asked)] @ rows[len(asked) :].T).max(axis=1)
    held = stems_of(answer)
    return [_part(*place, turn.input_text, held, float(cosine)) for place, cosine in zip(places, near, strict=True)]


def _part(start: int, end: int, question: str, held: frozenset[str], cosine: float) -> Part:
    share = covered(stems_of(question[start:end]), held)
    return Part(start, end, logistic(BIAS + TAKEN_UP + WORDS * share + MEANING * cosine))


def _explained(found: Sequence[Part], missing: Sequence[Part], asked: int, given: int) -> str:
    taken = len(found) - len(missing)
    noun = "part" if len(found) == 1 else "parts"
    text = f"The answer takes up {taken} of {len(found)} {noun} of the question."
    return text + (f" {asked} items were asked for and {given} are listed." if asked and given < asked else "")
