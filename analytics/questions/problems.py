"""What went wrong in conversations: by cause, and by what detectors found; how often, where, and what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, cast

from analytics.causes.base import TEXTS
from analytics.detection.kinds import kinds_of
from analytics.questions.facet_counts import SCORE_RANGE, Keying
from analytics.questions.filters import PROBABLE
from analytics.questions.grammar import Token, literal
from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from analytics.questions.topic_facets import Facet, FacetValue, Told, conversations_with, facet, placed
from analytics.questions.worsening import LEDGER_RANGE, NO_FAULT
from backend.errors import NotFound
from backend.store.connection import store
from backend.store.query import Query

HINT: Final = "cause:hint"
UNKNOWN: Final = "cause:not_enough_evidence"
CAUSE_WORDS: Final = {
    "question_misunderstood": "Question misunderstood",
    "retrieval_failed": "Retrieval failed",
    "reasoning_error": "Reasoning error",
    "prompt": "Prompt",
    "model_provider": "Model or provider",
    "tool": "Tool",
    "data": "Data",
    "policy": "Policy",
    "not_enough_evidence": "Not enough evidence",
    "hint": "Cause only hinted at",
}

Kind = Literal["cause", "flag"]
State = Literal["problem", "clear", "waiting", "failed"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What a key of this facet means.

    Attributes:
        key: ``cause:NAME`` or ``flag:DETECTOR``.
        name: for people.
        text: what it is, in a sentence; empty where nothing is known of it.
        search: finds the traces behind it; empty where a search cannot say it.
    """

    key: str
    kind: Kind
    name: str
    text: str
    search: str


@dataclass(frozen=True, slots=True)
class Problems:
    """What went wrong in a range.

    Attributes:
        facet: the counts; a conversation counts with each of its problems.
        meanings: of the facet's keys.
        with_problem: conversations with at least one.
        clear: looked at whole, and nothing was found.
        waiting: with nothing found, and a turn that was not looked at yet.
        failed: with nothing found, and a turn in which looking for a cause failed; the ledger says why.
    """

    facet: Facet
    meanings: dict[str, Problem]
    with_problem: int
    clear: int
    waiting: int
    failed: int


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """One problem: where it is and the newest conversations with it."""

    problems: Problems
    meaning: Problem
    value: FacetValue
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class _Stated:
    state: str
    conversations: int


_KEYED: Final = fill(
    """
SELECT conversation_id, concat('flag:', detector) AS key, trace_id, turn_id, substringUTF8(explanation, 1, 400) AS why
FROM flag FINAL
WHERE @project AND @flag_range AND detector NOT IN {no_fault:Array(String)}
UNION ALL
SELECT conversation_id,
    multiIf(label = 'not_enough_evidence', {unknown:String}, value >= {probable:Float64}, concat('cause:', label),
        {hint:String}) AS key,
    trace_id, turn_id, substringUTF8(explanation, 1, 400) AS why
FROM score FINAL
WHERE @project AND @score_range AND name = 'cause' AND source = 'analyser' AND label IN {causes:Array(String)}
""",
    score_range=SCORE_RANGE,
)
_STATES: Final = Query(
    "problem_states",
    fill(
        """
SELECT state, count() AS conversations FROM (
    SELECT t.conversation_id AS conversation_id,
        multiIf(conversation_id IN (SELECT conversation_id FROM (@keyed)), 'problem',
            countIf(l.outcome = 'failed') > 0, 'failed', countIf(l.outcome = '') > 0, 'waiting', 'clear') AS state
    FROM @turns
    LEFT JOIN (
        SELECT subject_id, toString(outcome) AS outcome FROM ledger FINAL
        WHERE @project AND @ledger_range AND analyser = 'cause') AS l
    ON l.subject_id = t.turn_id
    WHERE t.conversation_id NOT IN (
        SELECT conversation_id FROM topic_assignment FINAL
        WHERE @project AND fit_id = {fit_id:UInt32} AND topic_id IN {ignored:Array(UInt32)})
    GROUP BY conversation_id)
GROUP BY state
""",
        keyed=_KEYED,
        ledger_range=LEDGER_RANGE,
    ),
    _Stated,
)


@cache
def _keying() -> Keying:
    asked = {
        "no_fault": list(NO_FAULT), "probable": PROBABLE, "hint": HINT, "unknown": UNKNOWN, "causes": list(TEXTS),
    }  # fmt: skip
    return Keying("problem", _KEYED, asked)


def problems(scope: Scope) -> Problems:
    """Everything that went wrong in a range, by cause and by detector."""
    found = facet(scope, _keying(), _measure)
    states = store().fetch(_STATES, **_keying().parameters(placed(scope)))
    of = {row.state: row.conversations for row in states}
    texts = _texts(scope.project_id)
    return Problems(
        facet=found,
        meanings={value.key: meaning_of(value.key, texts) for value in found.values},
        with_problem=of.get("problem", 0),
        clear=of.get("clear", 0),
        waiting=of.get("waiting", 0),
        failed=of.get("failed", 0),
    )


def problem(scope: Scope, key: str, number: int | None = None) -> ProblemPage:
    """One problem with the newest conversations, of one topic where ``number`` names it.

    Raises:
        NotFound: there is neither such a cause nor such a detector.
    """
    texts = _texts(scope.project_id)
    found = problems(scope)
    if key not in texts and key not in found.meanings:
        raise NotFound(f"there is no problem {key[:60]!r}")
    told = conversations_with(scope, _keying(), key, number)
    return ProblemPage(found, meaning_of(key, texts), found.facet.value(key), told)


def meaning_of(key: str, texts: dict[str, str]) -> Problem:
    """What a key means, in words."""
    kind, _, name = key.partition(":")
    words = CAUSE_WORDS.get(name, name) if kind == "cause" else name.replace("_", " ").capitalize()
    search = "" if key in (HINT, UNKNOWN) else Token(kind, literal(name)).text
    return Problem(key, cast("Kind", kind), words, texts.get(key, ""), search)


def _texts(project_id: int) -> dict[str, str]:
    """What each cause and each detector of the project is, by key."""
    found = {f"cause:{name}": text for name, text in TEXTS.items()}
    found[HINT] = f"A cause was found with a probability below {PROBABLE:.0%}: a hint, not told as a cause."
    for name, kind in kinds_of(project_id).items():
        if name not in NO_FAULT:
            found[f"flag:{name}"] = (kind.__doc__ or "").strip().partition("\n")[0]
    return found


def _measure(key: str) -> str:
    return "cause:" if key.startswith("cause:") else key
