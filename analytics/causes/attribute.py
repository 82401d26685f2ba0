"""Finds the cause of a bad answer: first what is plain to see, then a head over question, documents and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from analytics.causes.base import Cause, Name
from analytics.causes.rules import Found, plain, symptoms
from analytics.causes.signs import signs
from analytics.detectors.turn import Evidence, Turn
from analytics.scores.base import Measured, Scored
from analytics.scores.groundedness import UNSUPPORTED
from analytics.scores.retrieval_relevance import documents
from analytics.scores.trees import head

CLASSES: Final[tuple[str, ...]] = ("ok", "question_misunderstood", "reasoning_error", "retrieval_failed")
FAULTS: Final = CLASSES[1:]

LOW: Final[Mapping[str, float]] = {"groundedness": UNSUPPORTED, "satisfaction": 0.4}
"""Values below which a score by itself calls for a cause: those that are right there nine times of ten. A low relevance
calls for one through ``off_topic``, whose false flags are known."""

IGNORED: Final = frozenset({"injection", "outlier"})
"""Flags of what users write, or of what is only unusual: no answer is bad by them."""

ENOUGH: Final = 0.5
"""Probability from which a weighed cause is named where something else says that the answer is bad."""

ALONE: Final = 0.7
"""Probability from which it is where nothing else does: of good answers of a support desk 1 % reach it."""


def counts_against(detector: str, severity: str) -> bool:
    """Whether a flag may make an answer bad: what only reads like an order in a document may not."""
    return not (detector == "indirect_injection" and severity == "low")


def attribute(turn: Turn, found: Found, scores: Mapping[str, Measured]) -> Cause | None:
    """Give the probable cause of a bad answer; None where nothing says that it is bad.

    Args:
        turn: what was asked and answered.
        found: detectors that flagged it, with what they cite.
        scores: what scores measured, by name.
    """
    # What users write themselves, be it their own card number, does not make the answer bad.
    flags = {
        name: cited
        for name, cited in found.items()
        if name not in IGNORED and (not cited or any(one.source != "user" for one in cited))
    }
    reasons = [f"flagged as {name}" for name in flags]
    reasons += [f"{name} is {value:.2f}" for name, value in _low(scores)]
    reasons += symptoms(turn)
    weighed = weigh(turn)
    if not reasons and (weighed is None or max(weighed[name] for name in FAULTS) < ALONE):
        return None
    if reasons and (cause := plain(turn, flags)):
        return cause
    if weighed is None:
        return _without_documents(turn, flags, reasons)
    return _weighed(turn, weighed, reasons)


def weigh(turn: Turn) -> dict[str, float] | None:
    """Give the probabilities of ``CLASSES`` for an answer with documents; None where there is nothing to weigh."""
    if not turn.documents:
        return None
    texts = [one.text for one in turn.documents]
    results = [call.result for call in turn.tool_calls if call.result]
    measured = signs(turn.input_text, texts, turn.output_text, turn.input_vector, turn.output_vector, results)
    if measured is None:
        return None
    raw = {name: head(f"cause_{name}").probability(measured) for name in CLASSES}
    total = sum(raw.values())
    return {name: value / total for name, value in raw.items()} if total else None


def _low(scores: Mapping[str, Measured]) -> list[tuple[str, float]]:
    return [
        (name, one.value)
        for name, one in scores.items()
        if isinstance(one, Scored)
        and one.value < LOW.get(name, 0.0)
        and one.label not in {"not_assessed", "no_reaction"}
    ]


def _without_documents(turn: Turn, found: Found, reasons: list[str]) -> Cause:
    if "off_topic" in found:
        text = "The answer is about something else than the question, and no documents came between them."
        return Cause("question_misunderstood", 0.7, text, found["off_topic"] or (turn.cite("output"),))
    return _unknown(turn, {}, reasons)


def _weighed(turn: Turn, weighed: Mapping[str, float], reasons: list[str]) -> Cause:
    name = max(FAULTS, key=lambda one: weighed[one])
    if weighed["ok"] > ENOUGH or weighed[name] < ENOUGH:
        return _unknown(turn, weighed, reasons)
    text, evidence, detail = _told(turn, name)
    others = {other: round(value, 3) for other, value in weighed.items() if other != name}
    return Cause(cast("Name", name), weighed[name], text, evidence, detail, others)


def _told(turn: Turn, name: str) -> tuple[str, tuple[Evidence, ...], str]:
    graded = documents(turn.input_text, [one.text for one in turn.documents], turn.input_vector)
    best = max(graded, key=lambda one: one.value)
    cited = (turn.cite_document(best.index, best.start, best.end),)
    if name == "retrieval_failed":
        detail = "ranked_low" if best.index >= _LATE and best.even >= ENOUGH else "wrong_documents"
        return f"The best of {len(graded)} documents fits the question with {best.value:.2f}.", cited, detail
    if name == "question_misunderstood":
        text = f"The answer is about something else; the best document fits the question with {best.value:.2f}."
        return text, (turn.cite("output"), *cited), ""
    return "The documents fit the question and do not carry the answer.", (turn.cite("output"), *cited), ""


_LATE: Final = 3


def _unknown(turn: Turn, weighed: Mapping[str, float], reasons: list[str]) -> Cause:
    told = "; ".join(reasons[:3]) or "it is more likely wrong than right"
    text = f"The answer counts as bad ({told}), and what was recorded does not tell why."
    most = max((value for name, value in weighed.items() if name != "ok"), default=0.0)
    return Cause("not_enough_evidence", round(1 - most, 6), text, (turn.cite("output"),), "", dict(weighed))
