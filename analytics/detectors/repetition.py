"""Answers that run in circles."""

from typing import ClassVar

from analytics.detectors import loops
from analytics.detectors.base import Clear, Detector, Evidence, Finding, Severity, Turn, Unjudged, Verdict


class Repetition(Detector):
    """The answer repeats itself: a loop at its end, throughout, or with a counter or a word changing.

    Three rules; any of them is enough. (1) The end repeats exactly: a unit 6 times over 120 characters, 4
    times over 240, or 80 characters 3 times over 400. (2) From 400 characters on the text compresses below
    8 %, or below 24 % (26 % from 1,000 to 3,000 characters) while 60 % of its second half lies in runs of 8
    words seen three times. (3) 60 % of the second half's words stand where they stood one round earlier, for
    three rounds and 40 words. Single repeated lines and low vocabulary say nothing: tables and code have both.
    """

    name: ClassVar[str] = "repetition"
    version: ClassVar[str] = "2"
    severity: ClassVar[Severity] = "high"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if not turn.output_text.strip():
            return Unjudged("there is no answer text")
        if len(turn.output_text) < 120:
            return None
        text = turn.output_text.rstrip()
        found = _at_the_end(turn, text) or _throughout(turn, text) or _with_changes(turn, text)
        return found or Clear(_how_much(text))


def _at_the_end(turn: Turn, text: str) -> Finding | None:
    tail = loops.tail_loop(text)
    enough = (
        (tail.repeats >= 6 and tail.covered >= 120)
        or (tail.repeats >= 4 and tail.covered >= 240)
        or (tail.repeats >= 3 and tail.period >= 80 and tail.covered >= 400)
    )
    worded = any(character.isalnum() for character in text[-tail.period :])
    if not enough or not (worded or tail.covered >= 160):
        return None  # a ruler of dashes or the blanks of a drawing
    end, period = len(text), tail.period
    return Finding(
        0.95,
        f"The last {tail.covered} characters are the same {period} characters {tail.repeats:.1f} times.",
        (turn.cite("output", end - 2 * period, end - period), turn.cite("output", end - period, end)),
    )


def _throughout(turn: Turn, text: str) -> Finding | None:
    window = text[-loops.WINDOW :]
    if len(window) < 400:
        return None
    ratio = loops.compression_ratio(window)
    limit = 0.26 if 1_000 <= len(window) < 3_000 else 0.24
    if ratio >= limit:
        return None
    share = loops.repeated_share(loops.token_ids(window))
    if ratio >= 0.08 and share < 0.6:
        return None
    return Finding(
        0.97 if ratio < 0.08 else 0.9,
        f"The answer's {len(window)} characters compress to {ratio:.0%}, and {share:.0%} of its second half "
        "repeats runs of 8 words.",
        _cite_runs(turn, text),
    )


def _with_changes(turn: Turn, text: str) -> Finding | None:
    match = loops.lag_match(loops.word_ids(text[-loops.WINDOW :]))
    if match.share < 0.6 or match.rounds < 3 or match.words < 40 or match.vocabulary < 3:
        return None
    return Finding(
        0.85,
        f"{match.share:.0%} of the last {match.words} words stand exactly where they stood {match.lag} words "
        f"earlier, {match.rounds:.1f} rounds long.",
        _cite_runs(turn, text),
    )


def _how_much(text: str) -> float:
    """A grade from 0 to 0.49 for texts that no rule flags: how far they compress beyond what prose does."""
    return min(0.49, max(0.0, 0.6 - loops.compression_ratio(text[-loops.WINDOW :])))


def _cite_runs(turn: Turn, text: str) -> tuple[Evidence, ...]:
    offset = max(0, len(text) - loops.WINDOW)
    runs = loops.frequent_run(text[offset:])
    return tuple(turn.cite("output", offset + start, offset + end) for start, end in runs)
