"""Resolution: whether users got what they came for, by how their conversation ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from analytics.detectors.base import Detector, Finding
from analytics.detectors.refusal import Refusal
from analytics.detectors.truncated import Truncated
from analytics.detectors.turn import Evidence, Exchange, Turn
from analytics.scores.base import Measured, Score, Scored, Unjudged
from analytics.scores.endings import DONE, FAREWELL, HANDS_OVER, HEAD, MORE, TAIL, is_english, question
from analytics.scores.reactions import APOLOGY, CLOSES, COMPLAINS, GIVES_UP, OFFER, PRAISE, THANKS, declines_more
from analytics.scores.satisfaction import WELL, Satisfaction
from analytics.scores.tool_results import failures, has_failed
from analytics.scores.trees import logistic

ENDED: Final = {"failed": 0.05, "refused": 0.15, "cut_off": 0.2, "unanswered": 0.2}
"""Value of conversations whose last answer is none, whatever was said before it."""

SIGNS: Final = {
    "thanks": 1.5, "praise": 0.6, "closes": 1.2, "gives_up": -1.5, "complains": -1.5, "farewell": 1.5, "offer": 0.7,
    "done": 0.8, "asks": -1.8, "sorry": -0.9, "hands_over": -1.0, "tool_failed": -1.5,
}  # fmt: skip
"""What a sign adds to the log-odds; set by hand."""

COMPLAINED: Final = 0.3
"""Highest value where the user's last message complains of the answer before it, as the outcome of the same name."""

AT_LEAST: Final = 0.5
"""Lowest where it says that this answer was good."""

SAID: Final = {
    "thanks": "the user thanked", "praise": "the user praised", "closes": "the user said that this was all",
    "gives_up": "the user gave up", "complains": "the user complained", "farewell": "the last answer says goodbye",
    "offer": "the last answer offers more help", "done": "the last answer says that it is done",
    "asks": "the last answer asks for something that nobody replied to", "sorry": "the last answer is sorry",
    "hands_over": "the last answer hands over to somebody else", "tool_failed": "a tool failed at the end",
}  # fmt: skip


NOTHING: Final = "the user went on without praise or complaint, and the answer closes nothing"


@dataclass(slots=True)
class Ending:
    """What tells how a conversation ended: names of ``SIGNS``, and the words each rests on where there are such."""

    signs: dict[str, Evidence | None] = field(default_factory=dict)

    def add(self, name: str, cited: Evidence | None = None) -> None:
        """Note a sign."""
        self.signs.setdefault(name, cited)


class Resolution(Score):
    """Did the user get what they came for, by how the conversation ended?

    The last turn of a conversation has the value. It reads words and the results of tools; whether what a tool changed
    was the right thing is not seen, and on such a set the value says nothing.
    """

    name: ClassVar[str] = "resolution"
    version: ClassVar[str] = "1"
    low: ClassVar[float] = 0.4
    experimental: ClassVar[bool] = True

    def judge(self, turn: Turn) -> Measured:
        """Measure one turn, where it is the last one."""
        if any(one.user.strip() or one.assistant.strip() for one in turn.later):
            return Unjudged("the conversation goes on after this turn")
        if ended := _ended(turn):
            return ended
        said = _reaction(turn)
        if not is_english(f"{turn.input_text[:HEAD]} {turn.output_text[-HEAD:]}"):
            return Unjudged("words that close a conversation are known in English only")
        ending = Ending()
        _by_user(turn, ending)
        _by_answer(turn, ending)
        if not ending.signs and said is None:
            return Unjudged("nothing was said after the only answer, and it closes and asks nothing")
        return _value(turn, ending, said)


def _ended(turn: Turn) -> Scored | None:
    """See whether the last answer is none: the outcomes ``failed``, ``refused`` and ``cut_off``, or nobody answered."""
    if turn.status == "error":
        return _state(turn, "failed", "the last turn ended in an error", (turn.cite("status"),))
    for label, detector in _DETECTORS:
        verdict = detector.held(detector.judge(turn))
        if isinstance(verdict, Finding):
            told = {"refused": "the last answer declines what was asked", "cut_off": "the last answer is cut off"}
            return _state(turn, label, told[label], verdict.evidence[:1])
    is_told = turn.output_text.strip() or any(not has_failed(call) for call in turn.tool_calls)
    if turn.input_text.strip() and not is_told and not _leaves(turn):
        return _state(turn, "unanswered", "nobody answered the user's last message", (turn.cite("input"),))
    return None


_DETECTORS: Final[tuple[tuple[str, Detector], ...]] = (("refused", Refusal()), ("cut_off", Truncated()))


def _leaves(turn: Turn) -> bool:
    """Whether the user's last message wants no answer."""
    text = turn.input_text[:HEAD]
    return not text.rstrip().endswith("?") and bool(THANKS.search(text) or CLOSES.search(text))


def _state(turn: Turn, label: str, told: str, evidence: tuple[Evidence, ...]) -> Scored:
    return Scored(ENDED[label], f"At the end {told}.", evidence, label)


def _reaction(turn: Turn) -> float | None:
    """Satisfaction with the answer before the user's last message, as that turn has it; None without such an answer."""
    before = turn.earlier[-1] if turn.earlier else None
    if before is None or not before.user.strip() or not turn.input_text.strip():
        return None
    one = replace(
        turn, input_text=before.user, output_text=before.assistant, earlier=turn.earlier[:-1],
        later=[Exchange(turn.input_text, turn.output_text)],
    )  # fmt: skip
    measured = Satisfaction().judge(one)
    return measured.value if isinstance(measured, Scored) else None


def _by_user(turn: Turn, ending: Ending) -> None:
    text = turn.input_text[:HEAD]
    if not turn.earlier:
        return  # who thanks in the first message thanks ahead
    if declines_more(text, turn.earlier[-1].assistant):
        ending.add("closes", turn.cite("input"))
    elif found := COMPLAINS.search(text):
        ending.add("complains", turn.cite("input", *found.span()))
    if "closes" not in ending.signs and (found := _gives_up(text)):
        ending.add("gives_up", turn.cite("input", *found.span()))
    if not MORE.search(text):
        for name, cue in (("thanks", THANKS), ("praise", PRAISE), ("closes", CLOSES)):
            if found := cue.search(text):
                ending.add(name, turn.cite("input", *found.span()))


def _gives_up(text: str) -> re.Match[str] | None:
    """Find where somebody gives up; to cancel or stop a thing may be all that is wanted."""
    return next((one for one in GIVES_UP.finditer(text) if one[0].lower() not in {"cancel", "stop", "enough"}), None)


def _by_answer(turn: Turn, ending: Ending) -> None:
    text = turn.output_text
    start = max(0, len(text) - TAIL)
    asked = question(text)
    if asked:
        ending.add("asks", turn.cite("output", *asked))
    for name, cue in (("farewell", FAREWELL), ("offer", OFFER), ("sorry", APOLOGY), ("hands_over", HANDS_OVER)):
        if (found := cue.search(text, start)) and not (asked and name in {"farewell", "offer"}):
            ending.add(name, turn.cite("output", *found.span()))
    if (found := DONE.search(text, max(0, len(text) - HEAD))) and not asked and "sorry" not in ending.signs:
        ending.add("done", turn.cite("output", *found.span()))
    if failed := failures(turn.tool_calls)[0]:
        ending.add("tool_failed", turn.cite_result(failed[-1]))


def _value(turn: Turn, ending: Ending, said: float | None) -> Scored:
    value = logistic(sum(SIGNS[name] for name in ending.signs))
    label = ""
    if said is not None and said < Satisfaction.low:
        value, label = min(value, COMPLAINED), "complained"
    elif said is not None and said >= WELL:
        value, label = max(value, AT_LEAST), "well"
    told = list(_told(ending, label)) or [NOTHING]
    if turn.tool_calls and "tool_failed" not in ending.signs:
        told.append("whether the tools changed the right thing was not looked at")
    ordered = sorted(ending.signs, key=lambda name: SIGNS[name] * (1 if value < Resolution.low else -1))
    evidence = tuple(cited for name in ordered if (cited := ending.signs[name]))[:3]
    if label and not any(one.field == "input" for one in evidence):
        evidence = (turn.cite("input"), *evidence[:2])
    text = "; ".join(told)
    return Scored(value, f"{text[:1].upper()}{text[1:]}.", evidence, label)


def _told(ending: Ending, label: str) -> Iterator[str]:
    if label == "complained":
        yield "the user's last message speaks against the answer before it"
    if label == "well":
        yield "the user's last message says that the answer before it was good"
    for name in ending.signs:
        yield SAID[name]
