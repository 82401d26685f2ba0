"""A score: one judgement of an answer, by a person, a client or an analyser."""

from __future__ import annotations

import msgspec


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement about a span, a trace, a turn or a conversation; which ids are set says of what.

    Attributes:
        score_id: names the judgement; sending it again replaces it.
        name: what is judged, such as ``quality`` or ``helpful``.
        value: a number, None where only a label is given.
        label: a word, empty where only a number is given.
        explanation: why, in words.
        source: ``human``, ``client`` or ``analyser``.
        author: the person's e-mail address or the analyser's name and version.
        time: nanoseconds since 1970: when it was given.
    """

    score_id: str
    name: str
    value: float | None = None
    label: str = ""
    explanation: str = ""
    source: str
    author: str = ""
    trace_id: str = ""
    span_id: str = ""
    turn_id: str = ""
    conversation_id: str = ""
    time: int
