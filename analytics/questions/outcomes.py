"""How conversations ended: answered well, complained of, refused, cut off, failed, or not assessed, and why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from analytics.questions.facet_counts import SCORE_RANGE, Keying
from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from analytics.questions.topic_facets import Facet, FacetValue, Told, conversations_with, facet, placed
from analytics.questions.worsening import LEDGER_RANGE
from analytics.scores.satisfaction import WELL, Satisfaction
from backend.errors import NotFound

NOT_ASSESSED: Final = "not_assessed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way to end.

    Attributes:
        text: when a conversation is counted here, in a sentence.
        measure: what has to be looked for alike in two periods that are compared.
    """

    key: str
    name: str
    text: str
    measure: str


OUTCOMES: Final = (
    Outcome("well", "Answered well", "The user's feedback or last message says so.", "score:satisfaction"),
    Outcome(
        "complained", "Complained",
        "The user's feedback is negative, or the last message complains, corrects or gives up.", "score:satisfaction",
    ),
    Outcome("refused", "Refused", "The last answer declines what was asked.", "flag:refusal"),
    Outcome("cut_off", "Cut off", "The last answer stops before its end.", "flag:truncated"),
    Outcome("failed", "Failed with an error", "The last turn ended in an error.", "status:error"),
    Outcome(NOT_ASSESSED, "Not assessed", "Nothing that is stored tells how it ended.", "score:satisfaction"),
)  # fmt: skip
_BY_KEY: Final = {one.key: one for one in OUTCOMES}

REASONS: Final = {
    "waiting": "a turn is not scored yet",
    "failed": "the score failed on a turn",
    "unread": "feedback was given on a scale that is not known",
    "unclear": "the user's last message neither clearly thanks nor clearly complains",
    "silent": "the user said nothing after the answer and gave no feedback",
}
"""Why a conversation is not assessed, by word."""

FEEDBACK: Final = "(?i)feedback|thumb|helpful|resolution|resolved"
"""Names of scores that clients send for what users said of an answer, and whether it was settled."""
PRAISE: Final = ("up", "thumbs_up", "thumbs-up", "thumbs up", "positive", "good", "like", "helpful", "resolved", "true")
BLAME: Final = (
    "down", "thumbs_down", "thumbs-down", "thumbs down", "negative", "bad", "dislike", "unhelpful", "not helpful",
    "unresolved", "not resolved", "false",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """Why conversations are not assessed."""

    key: str
    text: str
    conversations: int


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the conversations of a range ended; each ended in one way, so that the values add up.

    Attributes:
        facet: the counts, with a value for each of ``OUTCOMES`` in their order.
        reasons: why conversations are not assessed, most first; they add up to the value ``not_assessed``.
    """

    facet: Facet
    reasons: tuple[Reason, ...]

    @property
    def assessed(self) -> int:
        """Conversations of which it is known how they ended."""
        return self.facet.conversations - self.facet.value(NOT_ASSESSED).conversations


@dataclass(frozen=True, slots=True)
class OutcomePage:
    """One outcome: where it is and the newest conversations with it."""

    outcomes: Outcomes
    meaning: Outcome
    value: FacetValue
    told: tuple[Told, ...]


# Only votes whose scale is plain: 0 and 1, or -1 and 1, in all feedback of the same name; or a word.
_FEEDBACK: Final = """
SELECT conversation_id, argMax(vote, time) AS vote, argMax(told, time) AS told
FROM (
    SELECT if(s.trace_id != '', t.conversation_id, s.conversation_id) AS conversation_id, s.vote AS vote,
        s.told AS told, s.time AS time
    FROM (
        SELECT trace_id, conversation_id, time, substringUTF8(explanation, 1, 300) AS told,
            multiIf(lower(label) IN {praise:Array(String)}, 'good', lower(label) IN {blame:Array(String)}, 'bad',
                isNull(value) OR max(abs(value)) OVER (PARTITION BY name) > 1, 'unread',
                value <= 0, 'bad', value = 1, 'good', 'unread') AS vote
        FROM score FINAL
        WHERE @project AND source IN ('client', 'human') AND match(name, {feedback:String})
          AND time >= fromUnixTimestamp64Nano({start:Int64})) AS s
    LEFT JOIN (SELECT trace_id, any(conversation_id) AS conversation_id FROM @turns GROUP BY trace_id) AS t
    ON t.trace_id = s.trace_id)
WHERE conversation_id != ''
GROUP BY conversation_id
"""
_ENDS: Final = """
SELECT t.conversation_id AS conversation_id, argMax(t.turn_id, @order) AS turn_id,
    argMax(t.trace_id, @order) AS trace_id, argMax(toString(t.status), @order) AS status,
    argMax(toString(t.error_type), @order) AS error_type,
    argMax(f.is_refused, @order) AS is_refused, argMax(f.is_cut, @order) AS is_cut,
    argMax(f.refused, @order) AS refused, argMax(f.cut, @order) AS cut,
    countIf(r.is_told = 1) AS reactions, argMaxIf(r.satisfaction, @order, r.is_told = 1) AS satisfaction,
    argMaxIf(r.told, @order, r.is_told = 1) AS told,
    countIf(l.outcome = '') AS waiting, countIf(l.outcome = 'failed') AS failed
FROM @turns
LEFT JOIN (
    SELECT turn_id, max(detector = 'refusal') AS is_refused, max(detector = 'truncated') AS is_cut,
        anyIf(substringUTF8(explanation, 1, 300), detector = 'refusal') AS refused,
        anyIf(substringUTF8(explanation, 1, 300), detector = 'truncated') AS cut
    FROM flag FINAL WHERE @project AND @flag_range AND detector IN ('refusal', 'truncated') GROUP BY turn_id) AS f
ON f.turn_id = t.turn_id
LEFT JOIN (
    SELECT turn_id, ifNull(value, 0) AS satisfaction, substringUTF8(explanation, 1, 300) AS told, 1 AS is_told
    FROM score FINAL
    WHERE @project AND @score_range AND name = 'satisfaction' AND source = 'analyser' AND label = '') AS r
ON r.turn_id = t.turn_id
LEFT JOIN (
    SELECT subject_id, toString(outcome) AS outcome FROM ledger FINAL
    WHERE @project AND @ledger_range AND analyser = 'score:satisfaction') AS l
ON l.subject_id = t.turn_id
GROUP BY conversation_id
"""
_KEYED: Final = fill(
    """
SELECT e.conversation_id AS conversation_id, e.trace_id AS trace_id, e.turn_id AS turn_id,
    multiIf(e.status = 'error', 'failed', e.is_refused = 1, 'refused', e.is_cut = 1, 'cut_off',
        b.vote = 'bad', 'complained', b.vote = 'good', 'well', e.waiting > 0, 'not_assessed:waiting',
        e.reactions > 0 AND e.satisfaction < {low:Float64}, 'complained',
        e.reactions > 0 AND e.satisfaction >= {well:Float64}, 'well',
        e.failed > 0, 'not_assessed:failed', b.vote = 'unread', 'not_assessed:unread',
        e.reactions > 0, 'not_assessed:unclear', 'not_assessed:silent') AS state,
    splitByChar(':', state)[1] AS key,
    multiIf(key = 'failed', concat('The last turn ended in an error: ', e.error_type), key = 'refused', e.refused,
        key = 'cut_off', e.cut, key = 'not_assessed', splitByChar(':', state)[2],
        b.vote IN ('good', 'bad'), concat('Feedback: ', b.vote, if(b.told = '', '', concat(', “', b.told, '”'))),
        e.told) AS why
FROM (@ends) AS e
LEFT JOIN (@feedback) AS b ON b.conversation_id = e.conversation_id
""",
    ends=_ENDS,
    feedback=_FEEDBACK,
    order="(t.start_time, t.turn_id)",
    ledger_range=LEDGER_RANGE,
    score_range=SCORE_RANGE,
)


@cache
def _keying() -> Keying:
    asked = {
        "low": Satisfaction.low, "well": WELL, "feedback": FEEDBACK, "praise": list(PRAISE), "blame": list(BLAME),
    }  # fmt: skip
    return Keying("outcome", _KEYED, asked)


def outcomes(scope: Scope) -> Outcomes:
    """How the conversations of a range ended."""
    found = facet(scope, _keying(), lambda key: _BY_KEY[key].measure)
    words = _keying().words(placed(scope), NOT_ASSESSED)
    reasons = [Reason(word, REASONS[word], many) for word, many in words.items()]
    return Outcomes(
        facet=replace(found, values=tuple(found.value(one.key) for one in OUTCOMES)),
        reasons=tuple(sorted(reasons, key=lambda one: (-one.conversations, one.key))),
    )


def outcome(scope: Scope, key: str, number: int | None = None) -> OutcomePage:
    """One outcome with the newest conversations, of one topic where ``number`` names it.

    Raises:
        NotFound: conversations do not end so.
    """
    if key not in _BY_KEY:
        raise NotFound(f"there is no outcome {key[:60]!r}; there are {', '.join(_BY_KEY)}")
    found = outcomes(scope)
    told = conversations_with(scope, _keying(), key, number)
    if key == NOT_ASSESSED:
        told = tuple(replace(one, why=REASONS[one.why].capitalize()) for one in told)
    return OutcomePage(found, _BY_KEY[key], found.facet.value(key), told)
