"""Causes that are plain to see: a step that failed, an answer that broke, instructions that were followed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from analytics.causes.base import Cause
from analytics.detectors.turn import Evidence, Turn
from analytics.scores.reactions import APOLOGY
from analytics.scores.support import Sources, stems_of
from analytics.scores.tool_results import has_failed
from analytics.scores.words import weight

Found: TypeAlias = Mapping[str, tuple[Evidence, ...]]
"""Names of detectors that flagged the turn, with what they cite."""

BROKEN: Final = ("empty", "repetition", "encoding", "truncated", "malformed", "language")
BREACHES: Final = ("prompt_leak", "pii", "other_user", "secret", "toxicity", "exfiltration")
UNKNOWING: Final = re.compile(
    r"\b(?:(?:could|can|did) ?(?:not|n'?t) (?:find|locate|answer|tell|say)|unable to|depends|hard to say|in general"
    r"|do(?:es)?(?: not|n'?t) (?:have|know|contain|say|mention|see)|not sure|usually|varies|a colleague"
    r"|no (?:information|details|documents?|results?)|nothing (?:about|on))\b",
    re.IGNORECASE,
)
FROM_DOCUMENTS: Final = re.compile(
    r"\b(?:documents?|context|passages?|sources?|knowledge base|articles?|excerpts?)\b", re.IGNORECASE
)
LOOSE: Final = re.compile(
    r"\b(?:if you like|if you want|feel free|be (?:creative|funny|bubbly|playful)|(?:short|light) and (?:fun|sweet)"
    r"|bubbly|excite|excited|high note|upbeat|always (?:be )?(?:positive|cheerful|end)|personality|make it fun|promote"
    r"|upsell|never (?:say|admit)|do not (?:use|mention|apologi[sz]e))\b",
    re.IGNORECASE,
)
_HEAD: Final = 2_000

Rule: TypeAlias = Callable[[Turn, Found], Cause | None]


def plain(turn: Turn, found: Found) -> Cause | None:
    """Give the first cause that is plain to see; earlier steps come before later ones."""
    return next((cause for rule in RULES if (cause := rule(turn, found))), None)


def failed_calls(turn: Turn) -> list[int]:
    """Places of tool calls that failed, by their status or by what they gave back."""
    return [place for place, call in enumerate(turn.tool_calls) if has_failed(call)]


def _tool(turn: Turn, found: Found) -> Cause | None:
    if "tool_loop" in found:
        return Cause(
            "tool", 0.95, "A tool was called with the same arguments again and again.", found["tool_loop"], "loop"
        )
    failed = failed_calls(turn)
    if not failed:
        return None
    names = ", ".join(dict.fromkeys(turn.tool_calls[place].name for place in failed))
    evidence = tuple(
        turn.cite_result(place) if turn.tool_calls[place].result else turn.cite_call(turn.tool_calls[place])
        for place in failed[:3]
    )
    return Cause("tool", 0.92, f"The tool {names} failed before the answer.", evidence, "failed")


def _provider(turn: Turn, found: Found) -> Cause | None:
    if turn.status == "error" or "error" in found:
        text = f"The call failed: {turn.status_text[:120]}."
        return Cause(
            "model_provider", 0.92, " ".join(text.split()), found.get("error", (turn.cite("status"),)), "failed"
        )
    for name in BROKEN:
        if name in found:
            text = f"The answer itself is broken ({name}), whatever it was asked."
            return Cause("model_provider", 0.88, text, found[name], name)
    return None


def _poisoned(turn: Turn, found: Found) -> Cause | None:
    cited = tuple(one for one in found.get("indirect_injection", ()) if one.source in {"document", "tool"})
    if not cited:
        return None
    return Cause("data", 0.85, "What was retrieved holds instructions to the assistant.", cited, "injection")


def _policy(turn: Turn, found: Found) -> Cause | None:
    for name in BREACHES:
        if name in found:
            return Cause("policy", 0.85, f"The answer says what it must not ({name}).", found[name], name)
    if "refusal" in found:
        return Cause("policy", 0.85, "The answer refuses instead of answering.", found["refusal"], "refusal")
    return None


def _nothing_found(turn: Turn, found: Found) -> Cause | None:
    wants = bool(FROM_DOCUMENTS.search(turn.system_text[:_HEAD]))
    unknowing = UNKNOWING.search(turn.output_text[:_HEAD])
    told = any(call.result for call in turn.tool_calls)  # an answer that rests on a tool needs no document
    if turn.documents or told or not wants or not unknowing:
        return None
    text = "The instructions speak of documents, none were retrieved, and the answer says that it does not know."
    return Cause("retrieval_failed", 0.85, text, (turn.cite("output", *unknowing.span()),), "nothing_found")


def _prompt(turn: Turn, found: Found) -> Cause | None:
    loose = LOOSE.search(turn.system_text[:_HEAD])
    if not loose or not turn.documents or not turn.output_text.strip():
        return None
    share = told_by_documents(turn)
    if share > _TOLD:
        return None
    text = "The instructions ask for a manner more than for facts, and the answer takes "
    text += f"{share:.0%} of its new words from the documents."
    return Cause("prompt", 0.85, text, (turn.cite_system(*loose.span()),), "manner")


def told_by_documents(turn: Turn) -> float:
    """Share of the weight of the answer's words, but for those of the question, that documents and tools gave it."""
    new = stems_of(turn.output_text[:_HEAD]) - stems_of(turn.input_text[:_HEAD])
    held = Sources.of([*(one.text for one in turn.documents), *(one.result for one in turn.tool_calls)]).stems
    total = sum(map(weight, new))
    return sum(map(weight, new & held)) / total if total else 0.0


_TOLD: Final = 0.45

RULES: Final[Sequence[Rule]] = (_tool, _poisoned, _provider, _policy, _nothing_found, _prompt)


def symptoms(turn: Turn) -> Iterator[str]:
    """Signs of a bad answer that no detector flags: a failed step that the answer is sorry about, or no knowledge."""
    if APOLOGY.search(turn.output_text[:_HEAD]) and failed_calls(turn):
        yield "the answer is sorry about a step that failed"
    if _nothing_found(turn, {}):
        yield "nothing was retrieved and the answer does not know"
    if _prompt(turn, {}):
        yield "the answer follows loose instructions and not the documents"
