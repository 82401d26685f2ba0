"""One topic: typical conversations and ones at the edge, what goes wrong in it, by model and by prompt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from analytics.questions.marks import published_fit
from analytics.questions.overview import Step
from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from analytics.statistics import intervals
from analytics.statistics.intervals import Estimate
from backend.errors import NotFound
from backend.store.connection import store
from backend.store.query import Query
from backend.topics.models import Topic

EXAMPLES: Final = 12


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation of a topic.

    Attributes:
        similarity: to the topic's centre, -1 to 1.
        vote_share: how much of the vote of its nearest neighbours went to the topic, 0 to 1.
        state: ``assigned``, ``low_confidence`` or ``other``.
    """

    conversation_id: str
    first_text: str
    state: str
    similarity: float
    vote_share: float
    turn_count: int
    start_time: datetime
    user_id: str


@dataclass(frozen=True, slots=True)
class FlagSplit:
    """How often one detector found something in a topic's turns."""

    detector: str
    turns: int
    of: int

    @property
    def rate(self) -> Estimate:
        """Share of the topic's turns, with its interval."""
        return intervals.rate(self.turns, self.of)


@dataclass(frozen=True, slots=True)
class Split:
    """A topic's turns by one property, such as the model that answered."""

    value: str
    turns: int
    conversations: int
    errors: int
    flagged_turns: int
    p95_ms: float | None
    cost_usd: float
    unpriced_spans: int

    @property
    def error_rate(self) -> Estimate:
        """Share of turns that ended in an error."""
        return intervals.rate(self.errors, self.turns)

    @property
    def flag_rate(self) -> Estimate:
        """Share of turns with a flag."""
        return intervals.rate(self.flagged_turns, self.turns)


@dataclass(frozen=True, slots=True)
class TopicUser:
    """A user who asked about a topic."""

    user_id: str
    conversations: int
    turns: int


@dataclass(frozen=True, slots=True)
class TopicDetail:
    """Everything about one topic in a range.

    Attributes:
        topic: as people see and steer it; None for Other.
        numbers: of the topics it is made of: itself, or the topics of a group.
        typical: the conversations nearest to its centre.
        edge: the ones that fit it least.
        turns: of the range, what the splits are parts of.
        steps: of the range.
    """

    topic: Topic | None
    numbers: tuple[int, ...]
    typical: tuple[Example, ...]
    edge: tuple[Example, ...]
    turns: int
    flags: tuple[FlagSplit, ...]
    models: tuple[Split, ...]
    prompts: tuple[Split, ...]
    users: tuple[TopicUser, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Flags:
    detector: str
    turns: int


_INSIDE: Final = (
    "t.conversation_id IN (SELECT conversation_id FROM topic_assignment FINAL"
    " WHERE @project AND fit_id = {fit_id:UInt32} AND topic_id IN {numbers:Array(UInt32)})"
)
_EXAMPLES: Final = """
SELECT conversation_id, first_text, state, similarity, vote_share, turn_count, t.start_time AS start_time, user_id
FROM topic_assignment AS t FINAL
WHERE @project AND fit_id = {fit_id:UInt32} AND topic_id IN {numbers:Array(UInt32)}
  AND first_text != '' AND @in_environment AND conversation_id IN (
    SELECT conversation_id FROM turn FINAL WHERE @project AND @in_range)
ORDER BY @order, conversation_id
LIMIT 1 BY first_text
LIMIT {limit:UInt32}
"""
_TYPICAL: Final = Query("topic_typical", fill(_EXAMPLES, order="similarity DESC"), Example)
_EDGE: Final = Query("topic_edge", fill(_EXAMPLES, order="vote_share + similarity"), Example)
_FLAGS: Final = Query(
    "topic_flags",
    fill(
        """
SELECT detector, uniqExact(turn_id) AS turns
FROM flag FINAL
WHERE @project AND @flag_range AND turn_id IN (SELECT t.turn_id FROM @turns WHERE @inside)
GROUP BY detector ORDER BY turns DESC, detector
""",
        inside=_INSIDE,
    ),
    _Flags,
)
_SPLIT: Final = """
SELECT @value AS value, count() AS turns, uniqExact(t.conversation_id) AS conversations,
    countIf(t.status = 'error') AS errors, countIf(@flagged) AS flagged_turns, @p95 AS p95_ms,
    sum(ifNull(t.cost_usd, 0)) AS cost_usd, sum(t.unpriced_spans) AS unpriced_spans
FROM @turns
WHERE @inside
GROUP BY value ORDER BY turns DESC, value LIMIT 50
"""
_MODELS: Final = Query(
    "topic_models",
    fill(_SPLIT, value="if(t.response_model != '', t.response_model, t.request_model)", inside=_INSIDE),
    Split,
)
_PROMPTS: Final = Query(
    "topic_prompts",
    fill(
        _SPLIT,
        value="if(t.prompt_name = '', '', concat(t.prompt_name, '@', t.prompt_version))",
        inside=_INSIDE,
    ),
    Split,
)
_USERS: Final = Query(
    "topic_users",
    fill(
        """
SELECT t.user_id AS user_id, uniqExact(t.conversation_id) AS conversations, count() AS turns
FROM @turns
WHERE @inside AND t.user_id != ''
GROUP BY user_id ORDER BY conversations DESC, turns DESC, user_id LIMIT 20
""",
        inside=_INSIDE,
    ),
    TopicUser,
)
_STEPS: Final = Query(
    "topic_steps",
    fill(
        """
SELECT @bucket AS start, count() AS turns, uniqExact(t.conversation_id) AS conversations,
    countIf(t.status = 'error') AS errors, countIf(@flagged) AS flagged_turns, @p50 AS latency_p50_ms,
    @p95 AS latency_p95_ms, quantileExactInclusive(0.5)(t.time_to_first_token_ms) AS ttft_p50_ms,
    sum(t.input_tokens + t.output_tokens) AS tokens, sum(ifNull(t.cost_usd, 0)) AS cost_usd
FROM @turns
WHERE @inside
GROUP BY start ORDER BY start
""",
        inside=_INSIDE,
    ),
    Step,
)


def topic_detail(scope: Scope, number: int) -> TopicDetail:
    """Everything about one topic, a group of topics, or Other (number 0).

    Raises:
        NotFound: no topic of this project has the number, or nothing is published yet.
    """
    fit = published_fit(scope.project_id)
    topic = Topic.objects.filter(project_id=scope.project_id, number=number).select_related("parent").first()
    if fit is None or (topic is None and number != 0):
        raise NotFound(f"there is no topic {number}")
    inside = list(topic.children.values_list("number", flat=True)) if topic and topic.level == 0 else [number]
    asked: dict[str, Any] = {**scope.parameters(), "fit_id": fit.pk, "numbers": inside}
    models = store().fetch(_MODELS, **asked)
    turns = sum(split.turns for split in models)
    found = {step.start: step for step in store().fetch(_STEPS, **asked, bucket_s=scope.range.bucket_s)}
    return TopicDetail(
        topic=topic,
        numbers=tuple(inside),
        typical=tuple(store().fetch(_TYPICAL, **asked, limit=EXAMPLES)),
        edge=tuple(store().fetch(_EDGE, **asked, limit=EXAMPLES)),
        turns=turns,
        flags=tuple(FlagSplit(row.detector, row.turns, turns) for row in store().fetch(_FLAGS, **asked)),
        models=tuple(models),
        prompts=tuple(store().fetch(_PROMPTS, **asked)),
        users=tuple(store().fetch(_USERS, **asked)),
        steps=tuple(found.get(start) or Step.nothing(start) for start in scope.range.buckets()),
    )
