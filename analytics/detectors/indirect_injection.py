"""Orders to the model that stand in what was retrieved or came back from a tool."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Evidence, Severity, Turn, TurnColumns, Unjudged, Verdict
from analytics.detectors.obedience import obeyed
from analytics.heads.orders import Line, lines_of
from analytics.heads.words import WordsHead

_EXPLICIT: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|do not follow|stop following|pay no attention to)\b"
    r" (?:\w+ ){0,4}?(?:previous|prior|above|earlier|preceding|former|initial|original|existing|your|system|all)"
    r"(?: \w+){0,3}? (?:instructions?|directions|rules|guidelines|commands?|prompts?|directives|tasks?)\b"
    r"|\b(?:adhere to|follow|obey) (?:only )?the following instructions?: "
    r"|<\|im_start\|>\s*system|\[/?INST\]|<</?SYS>>|</?system>"
    r"|\b(?:if you are|attention|note to|message (?:to|for)|dear) (?:an? |the |any |all )?(?:ai|llms?"
    r"|(?:large )?language models?|(?:ai )?(?:assistants?|agents?|chatbots?))\b ?(?:reading|processing|that|who|[:,-])"
    r"|(?:^|\n)to (?:the )?(?:ai|llms?|language models?|ai assistants?)[:,]"
    r"|\b(?:do not|don't|never) (?:tell|inform|alert|notify) the user\b"
    r"|\bwithout (?:telling|informing|notifying) the user\b"
    r"|\b(?:reveal|print|repeat|output|leak) (?:\w+ ){0,2}?your (?:\w+ )?"
    r"(?:system prompt|hidden prompt|initial instructions)\b",
    re.IGNORECASE,
)
_QUOTED_MARKS: Final = tuple("'\"“‘«`„")
_FIELD: Final = re.compile(r'(?:[:,\[{]|^)\s*"$')
_SURE: Final = 0.75
_CLEAR: Final = 0.8
_DOUBTED: Final = 0.52
"""Least score of an order that is neither explicit nor obeyed: below lie sentences of plain terms of business."""
_READ: Final = 12_000
"""Code points of a text that are read, half from its start and half from its end."""
_LONGEST_TURN: Final = 60_000
_SHOWN: Final = 6
_BATCH: Final = 64


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a document or tool result, and where its lines stand."""

    where: str
    index: int
    offset: int
    text: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class _Order:
    """A line that reads as an order to the model."""

    part: _Part
    start: int
    end: int
    score: float
    is_explicit: bool


class IndirectInjection(Detector):
    """A retrieved document or a tool's result holds orders to the model.

    A linear head reads each sentence with a mark of how it stands in its document; words that say it explicitly count
    by themselves unless quoted. Grave when the answer or a later tool call takes up words of the order.
    """

    name: ClassVar[str] = "indirect_injection"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "medium"

    def detect(self, turns: TurnColumns) -> list[Verdict]:
        """Judge a batch; the head reads the lines of many turns at once."""
        batch = list(turns)
        return [
            verdict for start in range(0, len(batch), _BATCH) for verdict in self._judged(batch[start : start + _BATCH])
        ]

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        return self._judged([turn])[0]

    def _judged(self, turns: Sequence[Turn]) -> list[Verdict]:
        parts = [list(_parts(turn)) for turn in turns]
        texts = list(dict.fromkeys(line.marked for found in parts for part in found for line in part.lines))
        scores = dict(zip(texts, WordsHead.load("indirect_injection").score(texts).tolist(), strict=True))
        return [self._verdict(turn, found, scores) for turn, found in zip(turns, parts, strict=True)]

    def _verdict(self, turn: Turn, parts: Sequence[_Part], scores: dict[str, float]) -> Verdict:
        if not any(one.text.strip() for one in turn.documents) and not any(c.result.strip() for c in turn.tool_calls):
            return Unjudged("nothing was retrieved and no tool gave a result")
        orders = [one for part in parts for one in _orders(part, scores)]
        best = max((one.score for one in orders), default=0.0)
        orders = _merged([one for one in orders if one.score >= self.threshold])
        if not orders:
            return Clear(best)
        is_explicit = any(one.is_explicit for one in orders)
        severity, end = _gravity(turn, orders, is_explicit)
        if severity == "low" and best < _DOUBTED:
            return Clear(min(best, self.threshold - 1e-6), "One line may be read as an order; nothing follows it.")
        place = "A retrieved document" if orders[0].part.where == "document" else "The result of a tool"
        tone = "says explicitly what the model is to do" if is_explicit else "holds what reads as an order to the model"
        more = f" ({len(orders)} places)" if len(orders) > 1 else ""
        return self.grade(best, f"{place} {tone}{more}; {end}.", tuple(_cited(turn, orders)), severity)


def _parts(turn: Turn) -> Iterator[_Part]:
    """What is read of documents and tool results."""
    texts = [
        *(("document", at, one.text) for at, one in enumerate(turn.documents)),
        *(("tool", at, call.result) for at, call in enumerate(turn.tool_calls)),
    ]
    left = _LONGEST_TURN
    for where, at, text in texts:
        most = min(_READ, left)
        left -= min(most, len(text))
        cuts = [(0, len(text))] if len(text) <= most else [(0, most // 2), (len(text) - most // 2, len(text))]
        for start, end in cuts:
            if start < end:
                yield _Part(where, at, start, text[start:end], lines_of(text[start:end]))


def _orders(part: _Part, scores: dict[str, float]) -> Iterator[_Order]:
    """Every line with its score, raised where it says so in words."""
    said = [one.start() for one in _EXPLICIT.finditer(part.text) if not _is_quoted(part.text, one.start())]
    for line in part.lines:
        score = scores[line.marked]
        is_explicit = any(line.start <= place < line.end for place in said)
        if is_explicit:
            # The head's doubt keeps part of its weight: a manual may say so too.
            score = max(score, _SURE + score / 5)
        yield _Order(part, line.start, line.end, min(0.99, score), is_explicit)
    lines = [(line.start, line.end) for line in part.lines]
    for place in said:
        # What is no sentence of words, such as a tag of a chat template alone on its line.
        if not any(start <= place < end for start, end in lines):
            end = part.text.find("\n", place)
            yield _Order(part, place, min(place + 200, end if end > 0 else len(part.text)), _SURE, True)


def _is_quoted(text: str, place: int) -> bool:
    """Whether words are spoken about and not spoken: a quotation mark stands right before them.

    A field of JSON begins with one too: that is no quotation.
    """
    return text[max(0, place - 1) : place] in _QUOTED_MARKS and not _FIELD.search(text[max(0, place - 6) : place])


def _merged(orders: Sequence[_Order]) -> list[_Order]:
    """Make one of lines that follow each other."""
    found: list[_Order] = []
    for one in orders:
        last = found[-1] if found else None
        if last and last.part is one.part and not one.part.text[last.end : one.start].strip():
            score, is_explicit = max(last.score, one.score), last.is_explicit or one.is_explicit
            found[-1] = _Order(one.part, last.start, max(last.end, one.end), score, is_explicit)
        else:
            found.append(one)
    return sorted(found, key=lambda one: -one.score)


def _gravity(turn: Turn, orders: Sequence[_Order], is_explicit: bool) -> tuple[Severity, str]:
    """Severity, and the words that say what it rests on."""
    # A title may read as an order, and a booking takes up titles: what is in doubt is not grave by that.
    clear = [one for one in orders[:_SHOWN] if one.is_explicit or one.score >= _CLEAR]
    told = [obeyed(turn, one.part.where, one.part.index, _words(one)) for one in clear]
    taken = next((words for words in told if words), ())
    if taken:
        return "high", f"what follows takes up its words ({', '.join(taken[:4])})"
    if not turn.output_text.strip():
        return "medium", "there is no answer to tell whether it was obeyed"
    return ("medium" if is_explicit else "low"), "nothing shows that the answer obeyed"


def _words(order: _Order) -> str:
    return order.part.text[order.start : order.end]


def _cited(turn: Turn, orders: Sequence[_Order]) -> Iterator[Evidence]:
    for one in orders[:_SHOWN]:
        cite = turn.cite_document if one.part.where == "document" else turn.cite_result
        yield partial(cite, one.part.index)(one.part.offset + one.start, one.part.offset + one.end)
