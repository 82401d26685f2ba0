"""Groundedness: what an answer says stands in the documents and tool results it was given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from analytics.detectors.turn import Evidence, Turn
from analytics.scores.base import Measured, Score, Scored, Unjudged
from analytics.scores.support import Sources, features, missing, stems_of
from analytics.scores.trees import head
from analytics.scores.words import Sentence, Word, sentences

State = Literal["supported", "unsupported", "undetermined", "not_assessed"]

UNSUPPORTED: Final = 0.14
"""Below this nine of ten answers were unsupported in folds left out of training, and of no set more than one of twenty
that were supported; see docs/heads/groundedness.md."""

SUPPORTED: Final = 0.82
"""From this on nine of ten were supported."""

SUMMARY: Final = re.compile(
    r"\b(?:summar(?:y|ies|i[sz]e[sd]?|i[sz]ing)|tl;?dr|abstract of|gist of|condense|recap)\b", re.IGNORECASE
)
LONG: Final = 150
"""Words of sources from which on a summary says in its own words what they say."""

BRIEF: Final = 60
"""Words up to which an answer that begins by handing over to people tells nothing else."""

PERSON: Final = re.compile(
    r"\b(?:human|(?:a|some|another|real|live|actual) (?:person|agent)|someone|somebody|colleagues?|"
    r"representative|staff|manager|supervisor|employee)\b",
    re.IGNORECASE,
)
"""What a user says who wants a person."""

HANDING: Final = re.compile(
    r"\b(?:transfer|connect|put)(?:red|ring|ed|ing|ting)? you (?:to|with|through)\b|\b(?:a|my|our) colleagues?\b"
    r"|\b(?:i|we)(?:'ll|'ve| will| have)? (?:pass|forward|hand|escalat)\w* (?:this|it|you|your|our|everything)\b"
    r"|\b(?:someone|somebody|an? (?:human|agent|person|member)|the team)\b.{0,30}?\b(?:will|takes?|gets?)\b",
    re.IGNORECASE,
)
"""What an answer says that gives them one."""

_MARKS: Final = 8
_SENTENCES: Final = 60
_ANSWER: Final = 20_000
_GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence of an answer with the probability that the sources carry it."""

    sentence: Sentence
    probability: float

    @property
    def state(self) -> State:
        """The probability as one of three words."""
        return state_of(self.probability)


class Groundedness(Score):
    """Does what the answer says stand in the documents and tool results it was given?"""

    name: ClassVar[str] = "groundedness"
    version: ClassVar[str] = "4"
    low: ClassVar[float] = UNSUPPORTED

    def judge(self, turn: Turn) -> Measured:
        """Measure one turn: the whole answer for the value, each sentence for the marks."""
        texts = [one.text for one in turn.documents] + [call.result for call in turn.tool_calls]
        texts = [text for text in texts if text and not text.isspace()]
        if not texts:
            return Unjudged("no documents or tool results came with the turn")
        answer = sentences(turn.output_text[:_ANSWER])[:_SENTENCES]
        if not answer:
            return Unjudged("the answer has no words")
        sources = Sources.of(texts)
        if not sources.sentences:
            return Unjudged("the documents have no words")
        if _hands_over(turn, answer):
            return Unjudged("the answer hands over to a person; what it tells of that stands in no document")
        question = stems_of(turn.input_text[:_ANSWER])
        value = head("groundedness").probability(features(answer, sources, question))
        parts = [judged(one, sources, question) for one in answer if one.content]
        marks = [mark for part in parts if part.state != "supported" for mark in _marked(part.sentence, sources)]
        evidence = tuple(turn.cite("output", mark[0].start, mark[-1].end) for mark in _strongest(marks))
        if SUMMARY.search(turn.input_text[:_ANSWER]) and len(sources.order) >= LONG:
            return Scored(value, _not_assessed(evidence), evidence, "not_assessed")
        return Scored(value, _explained(value, parts, evidence), evidence, state_of(value))


def state_of(probability: float) -> State:
    """Say a probability as one of three words.

    >>> state_of(0.1), state_of(0.5), state_of(0.9)
    ('unsupported', 'undetermined', 'supported')
    """
    if probability < UNSUPPORTED:
        return "unsupported"
    return "supported" if probability >= SUPPORTED else "undetermined"


def judged(sentence: Sentence, sources: Sources, question: frozenset[str]) -> Judged:
    """Judge one sentence by the head that judges whole answers; most it was trained on are one sentence."""
    return Judged(sentence, head("groundedness").probability(features([sentence], sources, question)))


def _hands_over(turn: Turn, answer: Sequence[Sentence]) -> bool:
    if sum(len(one.words) for one in answer) > BRIEF or not PERSON.search(turn.input_text[:_ANSWER]):
        return False
    return HANDING.search(turn.output_text, answer[0].start, answer[min(1, len(answer) - 1)].end) is not None


def _marked(sentence: Sentence, sources: Sources) -> list[list[Word]]:
    """Runs of words that stand nowhere in the sources, with at most a word between them."""
    place = {word.start: at for at, word in enumerate(sentence.words)}
    runs: list[list[Word]] = []
    for word in missing(sentence.words, sources):
        if runs and place[word.start] - place[runs[-1][-1].start] <= _GAP:
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _strongest(marks: Sequence[list[Word]]) -> list[list[Word]]:
    """The longest marks, in their order."""
    chosen = sorted(marks, key=lambda mark: (-len(mark), mark[0].start))[:_MARKS]
    return sorted(chosen, key=lambda mark: mark[0].start)


def _explained(value: float, parts: Sequence[Judged], evidence: Sequence[Evidence]) -> str:
    count = len(parts)
    against = sum(part.state == "unsupported" for part in parts)
    carried = sum(part.state == "supported" for part in parts)
    sentence = "sentence" if count == 1 else "sentences"
    text = (
        f"Of {count} {sentence} the sources carry {carried}, do not carry {against}, and {count - carried - against} "
    )
    text += f"cannot be told by their words; probability that all is carried {value:.2f}."
    return text + _not_found(evidence)


def _not_assessed(evidence: Sequence[Evidence]) -> str:
    return (
        "Not assessed: the answer is a summary in its own words, where comparing words is near chance; a configured "
        "judge can tell." + _not_found(evidence)
    )


def _not_found(evidence: Sequence[Evidence]) -> str:
    if not evidence:
        return ""
    return " Not in the sources: " + ", ".join(f"“{one.quote}”" for one in evidence[:3]) + "."
