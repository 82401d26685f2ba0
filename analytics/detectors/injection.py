"""A user's message that tries to overrule, unlock or read out what the model was told."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Severity, Turn, TurnColumns, Unjudged, Verdict
from analytics.heads.sentences import spans_of_sentences
from analytics.heads.words import WordsHead, plain

_EXPLICIT: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|do not follow|stop following|pay no attention to)\b"
    r" (?:\w+ ){0,4}?(?:previous|prior|above|earlier|preceding|former|initial|original|existing|your|system)"
    r"(?: \w+){0,3}? (?:instructions?|directions|rules|guidelines|commands?|prompts?|directives|system messages?)\b"
    r"|\b(?:reveal|print|repeat|output|show|leak|tell me|write down|display|what (?:is|are|was))\b"
    r" (?:\w+ ){0,3}?(?:your|the) (?:\w+ ){0,2}?"
    r"(?:system prompt|hidden prompt|initial instructions|system message|developer message)\b"
    r"|<\|im_start\|>\s*system|\[/?INST\]|<</?SYS>>"
    r"|\byou are now (?:in )?(?:dan\b|developer mode|jailbroken|unrestricted|unfiltered)"
    r"|\bdo anything now\b",
    re.IGNORECASE,
)
_SURE: Final = 0.85
_ENCODED: Final = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_ROTATED: Final = re.compile(r"\brot-?13\b", re.IGNORECASE)
_MOST_ENCODED: Final = 4
_MOST_SENTENCES: Final = 60
_SHORTEST: Final = 3


class Injection(Detector):
    """The user's message tries to overrule the instructions, to unlock forbidden answers or to read out the prompt.

    A linear head over words and characters, trained on public jailbreaks and on techniques written for Assay, or an
    explicit phrase; base64 and ROT13 are looked into. It reads the user's message alone, never the prompt template.
    """

    name: ClassVar[str] = "injection"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "high"

    def detect(self, turns: TurnColumns) -> list[Verdict]:
        """Judge a batch; the head reads all messages at once."""
        batch = list(turns)
        asked = [turn.input_text if len(turn.input_text.strip()) >= _SHORTEST else "" for turn in batch]
        scores = WordsHead.load("injection").score(asked)
        return [self._verdict(turn, float(score)) for turn, score in zip(batch, scores, strict=True)]

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        return self.detect(TurnColumns.of([turn]))[0]

    def _verdict(self, turn: Turn, score: float) -> Verdict:
        text = turn.input_text
        if len(text.strip()) < _SHORTEST:
            return Unjudged("there is no message of a user")
        words = "the wording is that of known attacks"
        explicit = _EXPLICIT.search(text)
        hidden = max((_score(inner) for inner in _inside(text)), default=0.0)
        if explicit:
            # A phrase may stand in a quotation: the head's doubt keeps part of its weight.
            score, words = max(score, min(0.99, _SURE + score / 10)), "it says so explicitly"
        if hidden > max(score, self.threshold):
            score, words = hidden, "its encoded part does"
        if score < self.threshold:
            return Clear(score)
        start, end = (explicit.start(), explicit.end()) if explicit else _place(text)
        return self.grade(
            score,
            f"The message tries to change what the model was told: {words}.",
            (turn.cite("input", start, end),),
        )


def _score(text: str) -> float:
    return float(WordsHead.load("injection").score([text])[0])


def _inside(text: str) -> Iterator[str]:
    """What is encoded in a text."""
    for found in list(_ENCODED.finditer(text[:20_000]))[:_MOST_ENCODED]:
        try:
            inner = base64.b64decode(found[0] + "=" * (-len(found[0]) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            continue
        if inner.isprintable() and " " in inner:
            yield inner
    if _ROTATED.search(text[:20_000]):
        yield codecs.decode(text[:2000], "rot13")


def _place(text: str) -> tuple[int, int]:
    """The sentence that weighs most."""
    spans = spans_of_sentences(text[:12_000])[:_MOST_SENTENCES]
    if len(spans) < 2:
        return 0, len(text)
    margins = WordsHead.load("injection").margins([plain(text[start:end]) for start, end in spans])
    return spans[int(margins.argmax())]
