"""Signs that the tool calls of a turn were right or wrong, each with the words it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from analytics.detectors.malformed import call_fault
from analytics.detectors.turn import Evidence, ToolCall, Turn
from analytics.scores.arguments import READ, Known, Value, content, declared, parted, values
from analytics.scores.reactions import APOLOGY
from analytics.scores.tool_results import HEAD, failures, found_nothing, has_failed, repeats
from analytics.scores.words import WORD, lines, stem

CALLS: Final = 30
"""Calls of a turn that are read."""

SHORT: Final = 40
"""Words up to which a message is a request of which every word matters; a longer one tells a story, too."""

ACCEPTED: Final = 0.4
"""What is left of the doubt in a value where the tool went on with it: the application may have told it."""

_MOST_LEFT: Final = 5
_COURTESY: Final = frozenset(
    stem(word)
    for word in lines("""
    please hi hello hey thanks thank want like need get give take make let could can would order go help tell show know
    let's sure yes yeah ok okay just really maybe actually good great guy guys today now right lot bit
    """)
)


@dataclass(slots=True)
class Signs:
    """What speaks against the calls of a turn; shares are 0 to 1.

    Attributes:
        broken: how a call breaks its schema or names a tool that was not offered, in a sentence; else empty.
        exact: missing share of the number, code, date or time that was told least.
        worded: the same of values in words.
        value: the value that was told least, where half of it or more is missing.
        left_out: words of a short request that no call took up, of five.
        words: these words, as they were said.
        astray: share of the numbers of the answer that nothing told.
        failed: places of the calls that failed and were not mended.
        mended: places of those that failed before another of the same tool went well.
        is_hidden: whether calls failed and the answer does not say so.
        is_hollow: whether the last call found nothing and the answer does not say so.
        repeated: places of calls that repeat one before that had not failed.
        evidence: what to cite, by name of the sign.
    """

    broken: str = ""
    exact: float = 0.0
    worded: float = 0.0
    value: Value | None = None
    left_out: float = 0.0
    words: list[str] = field(default_factory=list)
    astray: float = 0.0
    failed: list[int] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)
    is_hidden: bool = False
    is_hollow: bool = False
    repeated: list[int] = field(default_factory=list)
    evidence: dict[str, Evidence] = field(default_factory=dict)


def signs(turn: Turn) -> Signs:
    """Look for signs in the calls of a turn that has some."""
    calls = turn.tool_calls[:CALLS]
    found = Signs()
    _form(turn, calls, found)
    _origin(turn, calls, found)
    _request(turn, calls, found)
    _course(turn, calls, found)
    _answer(turn, calls, found)
    return found


def _form(turn: Turn, calls: Sequence[ToolCall], found: Signs) -> None:
    offered = {tool.name: tool.parameters for tool in turn.tools}
    for call in calls:
        if fault := call_fault(call, offered):
            found.broken = fault[1]
            found.evidence["broken"] = turn.cite_call(call)
            return


def _told(turn: Turn) -> list[str]:
    """What was told before the first call."""
    said = [text for one in turn.earlier for text in (one.user, one.assistant)]
    looked_up = [one.text for one in turn.documents]
    return [turn.system_text, turn.input_text, turn.user_id, *said, *turn.seen, *looked_up]


def _origin(turn: Turn, calls: Sequence[ToolCall], found: Signs) -> None:
    """Hold each value against what was told before its call."""
    schemas = {tool.name: tool.parameters for tool in turn.tools}
    before = _told(turn)
    accepted = {value.text for call in calls if _went_on(turn, call) for value in values(call.arguments)}
    worst = 0.0
    for call in calls:
        known = Known.of(before)
        named = declared(schemas.get(call.name, ""))
        for value in values(call.arguments):
            missing = 0.0 if value.text in named else 1 - known.share(value)
            doubt = ACCEPTED if value.text in accepted else 1.0
            if value.is_exact:
                found.exact = max(found.exact, doubt * missing)
            else:
                found.worded = max(found.worded, doubt * missing)
            if missing >= _DOUBTED and doubt * missing > worst:
                worst, found.value = doubt * missing, value
                found.evidence["value"] = turn.cite_call(call, value.start, value.end or None)
        before.append(call.result)


_DOUBTED: Final = 0.5


def _went_on(turn: Turn, call: ToolCall) -> bool:
    """Whether the tool gave something for what it was asked; where nothing was recorded, whether an answer followed."""
    recorded = call.result.strip()
    return not has_failed(call) and not found_nothing(call) and bool(recorded or turn.output_text.strip())


def _request(turn: Turn, calls: Sequence[ToolCall], found: Signs) -> None:
    """Look for words of a short request that no call took up."""
    text = turn.input_text[:HEAD]
    said = list(WORD.finditer(text))
    if len(said) > SHORT:
        return
    taken = Known.of([part for call in calls for part in (call.name, call.arguments)])
    left = {word for word in content(text) if word not in _COURTESY and not taken.has(word)}
    found.left_out = min(_MOST_LEFT, len(left)) / _MOST_LEFT
    places = [word for word in said if left & set(parted(word[0]))]
    found.words = list(dict.fromkeys(word[0] for word in places))
    if places:
        found.evidence["left_out"] = turn.cite("input", places[0].start(), places[-1].end())


def _course(turn: Turn, calls: Sequence[ToolCall], found: Signs) -> None:
    """See which calls failed, found nothing or said the same again, and whether the answer owns up."""
    found.failed, found.mended = failures(calls)
    found.repeated = repeats(calls)
    answer = turn.output_text[:HEAD]
    is_silent = not answer.strip() or bool(APOLOGY.search(answer))
    found.is_hidden = bool(found.failed) and not is_silent
    found.is_hollow = found_nothing(calls[-1]) and not is_silent
    if found.failed:
        place = found.failed[0]
        found.evidence["failed"] = turn.cite_result(place) if calls[place].result else turn.cite_call(calls[place])
    if found.is_hollow:
        found.evidence["hollow"] = turn.cite_result(len(calls) - 1)
    if found.repeated:
        found.evidence["repeated"] = turn.cite_call(calls[found.repeated[0]])


def _answer(turn: Turn, calls: Sequence[ToolCall], found: Signs) -> None:
    """Look for numbers of the answer that nothing told."""
    text = turn.output_text[:READ]
    told = [part for part in parted(text) if part[0].isdigit() and len(part) > 1]
    if not told:
        return
    known = Known.of([*_told(turn), *(part for call in calls for part in (call.arguments, call.result))])
    unknown = {part for part in told if not known.has(part)}
    found.astray = len(unknown) / len(told)
    if unknown:
        first = next((word for word in WORD.finditer(text) if unknown & set(parted(word[0]))), None)
        found.evidence["astray"] = turn.cite("output", *first.span()) if first else turn.cite("output")
