"""Answers about something other than the question."""

import re
from dataclasses import replace
from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Finding, Severity, Turn, Unjudged, Verdict
from analytics.detectors.refusal import Refusal
from analytics.detectors.turn import OUTPUT_EMBEDDED
from analytics.scores.closeness import english, is_english, nearest_of, other, parts
from analytics.scores.meaning import vectors
from analytics.scores.retrieval_relevance import covered
from analytics.scores.support import stems_of
from analytics.scores.trees import head

_FEWEST: Final = 2
_ASKED: Final = 6
_TOLD: Final = 12
_BRIEF: Final = 40
_READ: Final = 4_000
_SURE: Final = 0.002
"""Score of the given vectors alone below which no further part is embedded: it could only become lower."""

_DOUBTED: Final = 0.4
_CARRIED: Final = 0.3
_EXCHANGES: Final = 3
_CONTEXT: Final = 600
_ASKS_BACK: Final = re.compile(
    r"\?\W*$|\b(?:could|can|would|will) you (?:please |kindly )?(?:\w+ )?(?:provide|share|clarify|specify|tell|confirm|"
    r"give|explain|elaborate|send|let me know)\b|\bplease (?:\w+ )?(?:provide|share|clarify|specify|confirm|tell me|"
    r"let me know|give me|send|upload|paste)\b|\b(?:need|without|require|have)(?: \w+)? (?:more|further|any|additional|"
    r"enough) (?:\w+ )?(?:information|details?|context)\b|(?:\bnot|n['’]t|\bun)(?: \w+)? ?(?:sure|clear|understand|"
    r"certain|know)\b|\b(?:as|I['’]m|I am) an? (?:AI|artificial|(?:large )?language)\b|\b(?:sorry|apologi[sz]e|"
    r"unfortunately)\b|(?:\bnot|n['’]t) (?:\w+ ){0,2}(?:talk|discuss|help|answer|advi[cs]e|recommend|comment|say)\b",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(
    r"\?|\b(?:what|how|why|when|where|who|which|please|tell|explain|show|list|give|help|want|need|looking for|"
    r"would like|write|find|fix|solve|calculate|compare|describe|create|make|generate|provide|translate|summari[sz]e|"
    r"convert|implement|prove|design|suggest|recommend|name|define|identify|analy[sz]e|discuss|teach|is there|"
    r"are there|can (?:you|I))\b",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(
    r"https?://|\bwww\.|\battach(?:ed|ment)\b|\bfollowing (?:link|image|picture|file)\b", re.IGNORECASE
)


class OffTopic(Detector):
    """The answer is about something other than the question.

    By meaning and shared words, weighed by a head that was fitted on answers put to the nearest other prompt. Flagged
    are only English answers of a dozen words of content or more to questions of half a dozen; not refusals, apologies
    and questions back. A later message of a conversation is read with the exchanges before it.
    """

    name: ClassVar[str] = "off_topic"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "medium"
    needs_vectors: ClassVar[bool] = True

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if not turn.input_text.strip() or not turn.output_text.strip():
            return Unjudged("there is no question or no answer")
        if turn.input_vector is None or turn.output_vector is None:
            return Unjudged("question and answer have no vectors")
        if min(_size(turn.input_text), _size(turn.output_text)) < _FEWEST:
            return Unjudged(f"question or answer has fewer than {_FEWEST} words of content")
        score, text = _graded(turn)
        if score < self.threshold:
            return Clear(score, text)
        if (doubt := _doubt(turn)) or (turn.earlier and _graded(_with_earlier(turn))[0] < self.threshold):
            return self._held_back(score, f"{text} Not flagged: {doubt or 'it follows on from what was said before'}.")
        return Finding(score, text, (turn.cite("output"),))

    def _held_back(self, score: float, text: str) -> Clear:
        """A clear verdict that keeps the order of those whose doubts are the same."""
        least = _DOUBTED * self.threshold
        return Clear(least + (self.threshold - least) * 0.99 * score, text)


def _graded(turn: Turn) -> tuple[float, str]:
    """Score of a turn with vectors, and the figures in words."""
    asked, told = turn.input_vector, turn.output_vector
    if asked is None or told is None:
        raise ValueError("a turn is graded by its vectors")
    near = nearest = float(asked @ told)
    score = _score(turn, near, near)
    further = parts(turn.input_text, turn.output_text, OUTPUT_EMBEDDED)
    if score > _SURE and any(further):
        import numpy as np

        made = vectors([*further[0], *further[1]])
        count = len(further[0])
        nearest = nearest_of(np.vstack([asked, made[:count]]), np.vstack([told, made[count:]]))
        score = _score(turn, near, nearest)
    shared = len(stems_of(turn.input_text[:_READ]) & stems_of(turn.output_text[:_READ]))
    text = f"Question and answer have at most cosine {nearest:.2f} in meaning and share {shared} words of content."
    return score, text


def _score(turn: Turn, near: float, nearest: float) -> float:
    question, answer = turn.input_text, turn.output_text
    if is_english(question) and is_english(answer):
        return 1 - head("off_topic").probability(english(question, answer, near, nearest))
    return 1 - head("off_topic_other").probability(other(question, answer, near, nearest))


def _doubt(turn: Turn) -> str:
    """Why little in common need not mean anything here; empty where it does."""
    question, answer = turn.input_text[:_READ], turn.output_text[:_READ]
    if not (is_english(question) and is_english(answer)):
        return "the model of meaning knows English only"
    if len(stems_of(question)) < _ASKED or (told := len(stems_of(answer))) < _TOLD:
        return "the question or the answer is short"
    if not _ASKS.search(question):
        return "nothing was asked"
    if _ELSEWHERE.search(question):
        return "the question points to something that is not in it"
    if (
        _ASKS_BACK.search(answer[:400])
        or _ASKS_BACK.search(turn.output_text[-300:])
        or ("?" in answer and told < _BRIEF)
    ):
        return "the answer asks back or apologises"
    if _rests_on(turn, answer) >= _CARRIED:
        return "the answer rests on what was retrieved"
    if isinstance(Refusal().judge(turn), Finding):
        return "the answer declines"
    return ""


def _rests_on(turn: Turn, answer: str) -> float:
    """Share of the weight of an answer's words that documents and tool results hold, 0 to 1."""
    texts = (*(one.text for one in turn.documents[:20]), *(call.result for call in turn.tool_calls[:20]))
    return covered(stems_of(answer), frozenset().union(*(stems_of(text[:_READ]) for text in texts)))


def _with_earlier(turn: Turn) -> Turn:
    """The turn with what was said before put before its question."""
    said = [text[-_CONTEXT:] for one in turn.earlier[-_EXCHANGES:] for text in (one.user, one.assistant)]
    question = "\n".join([*said, turn.input_text])
    return replace(turn, input_text=question, input_vector=vectors([question])[0], earlier=())


def _size(text: str) -> int:
    """Words of content of a text; where no blanks part words, half its letters."""
    text = text[:_READ]
    return max(len(stems_of(text)), 0 if is_english(text) else sum(one.isalpha() for one in text) // 2)
