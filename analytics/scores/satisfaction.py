"""Satisfaction: how the user took an answer, by what was said before, in and after it."""

from __future__ import annotations

import math
from typing import ClassVar, Final

from analytics.detectors.turn import Evidence, Turn
from analytics.scores.base import Measured, Score, Scored, Unjudged
from analytics.scores.reactions import APOLOGY, CUES, DENIAL, Reaction, asks, declines_more, reaction, repeated
from analytics.scores.trees import logistic

BIAS: Final = 1.1
AFTER: Final = {
    "thanks": 0.9, "praise": 0.6, "agrees": 0.15, "corrects": -0.8, "rejects": -0.45, "complains": -0.9,
    "gives_up": -0.8, "puzzled": -0.6, "closes": 0.1, "repeats": -1.6, "denies": -0.5, "takes_up": 0.8,
}  # fmt: skip
"""What a cue in the reaction adds to the log-odds, counted at most twice; `repeats` and `takes_up` are shares."""

BEFORE: Final = {
    "complains": -0.5,
    "corrects": -0.5,
    "gives_up": -0.4,
    "puzzled": -0.3,
    "rejects": -0.2,
    "thanks": 0.3,
    "praise": 0.2,
}
"""The same for the message the answer replied to: who comes in angry leaves angry."""

APOLOGISES: Final = -0.5
ASKS_BACK: Final = -0.25
LENGTH: Final = 0.25
NO_REACTION: Final = "no_reaction"
"""Label of a value that no later message stands behind."""

WELL: Final = 0.85
"""Value from which the user's reaction says that the answer was good: on the sample project 91 % of messages that thank
or praise reach it, and 2 % of those that go on without praise or complaint."""
SAID: Final = {
    "thanks": "thanked", "praise": "praised it", "corrects": "corrected it", "rejects": "turned it down",
    "complains": "complained", "gives_up": "gave up", "puzzled": "did not understand it", "closes": "closed",
}  # fmt: skip
_SAME: Final = 0.4


class Satisfaction(Score):
    """Did the user sound content with the answer, by thanks, correction, repetition and giving up?"""

    name: ClassVar[str] = "satisfaction"
    version: ClassVar[str] = "2"
    low: ClassVar[float] = 0.4

    def judge(self, turn: Turn) -> Measured:
        """Measure one turn; without a later message only the turn itself speaks, which says little."""
        if not turn.input_text.strip():
            return Unjudged("the user said nothing")
        after = next((one.user for one in turn.later if one.user.strip()), "")
        came = reaction(turn.input_text, turn.earlier[-1].user if turn.earlier else "")
        took = _taken(after, turn)
        odds = BIAS + sum(rate * min(2, len(came.cues.get(name, ()))) for name, rate in BEFORE.items())
        if came.repeats >= _SAME:
            odds -= 0.6
        odds += _answer(turn.output_text)
        if after:
            odds += _after(took, after, turn.output_text)
        return Scored(
            logistic(odds), _explained(took, came, after), _evidence(turn, came), "" if after else NO_REACTION
        )


def _taken(after: str, turn: Turn) -> Reaction:
    """Read the reaction; a no to more help corrects and rejects nothing, nor does the no that a question asked for."""
    took = reaction(after, turn.input_text)
    if declines_more(after, turn.output_text):
        cues = {name: spans for name, spans in took.cues.items() if name not in {"corrects", "rejects"}}
        return Reaction({"closes": [(0, 0)], **cues}, 0.0)
    if (denial := DENIAL.match(after)) and asks(turn.output_text):
        later = {name: [one for one in spans if one[0] >= denial.end()] for name, spans in took.cues.items()}
        return Reaction({name: spans for name, spans in later.items() if spans}, took.repeats)
    return took


def _answer(text: str) -> float:
    odds = LENGTH * (math.log1p(min(60, len(text[:4_000].split()))) - 2.5)
    if APOLOGY.search(text[:600]):
        odds += APOLOGISES
    return odds + (ASKS_BACK if text[-200:].rstrip().endswith("?") else 0.0)


def _after(took: Reaction, after: str, answer: str) -> float:
    odds = sum(AFTER[name] * min(2, len(spans)) for name, spans in took.cues.items())
    odds += AFTER["repeats"] * took.repeats + AFTER["takes_up"] * repeated(after, answer)
    is_denied = DENIAL.match(after) and not declines_more(after, answer) and not asks(answer)
    return odds + (AFTER["denies"] if is_denied else 0.0)


def _explained(took: Reaction, came: Reaction, after: str) -> str:
    if not after:
        cues = [SAID[name] for name in CUES if name in came.cues and name in SAID]
        told = f"; in the message before it the user {', '.join(cues)}" if cues else ""
        return f"Nothing was said after the answer, so this is little more than the usual rate{told}."
    cues = [SAID[name] for name in CUES if name in took.cues and name in SAID]
    if took.repeats >= _SAME:
        cues.append("asked the same again")
    return f"After the answer the user {', '.join(cues) if cues else 'went on without praise or complaint'}."


def _evidence(turn: Turn, came: Reaction) -> tuple[Evidence, ...]:
    spans = [came.cues[name][0] for name in ("complains", "corrects", "gives_up", "puzzled") if name in came.cues]
    return tuple(turn.cite("input", start, end) for start, end in sorted(spans)[:3])
