"""Carries replays on: asks the endpoint, a few requests at a time, and judges what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import msgspec
from django.db import connection
from django.utils import timezone

from analytics.detection.asking import Completion, NoReply, complete
from analytics.detection.judge import asked
from analytics.detectors.turn import Turn
from analytics.replay.changes import Change, apply
from analytics.replay.judging import answered, judge_answers
from analytics.replay.outcome import outcome
from analytics.replay.recorded import Recorded, read
from analytics.replay.wire import body_of, plainer
from backend.detection.models import JudgeEndpoint
from backend.errors import BadRequest, NotFound
from backend.jobs.claims import Claim, claimed
from backend.policies.models import policy_of
from backend.replays.models import Attempt, Replay
from backend.sensitive.policy import Policy
from ingest.redaction.redacting import NotRedacted, value_as_allowed

STAGE: Final = "replay"
"""Name of the ``jobs.Stage`` that is claimed while a project's replays are carried on."""
_AT_ONCE: Final = 4
_LONGEST_ANSWER: Final = 100_000
NOTHING_WRONG: Final = (
    "no detector and no score here finds a fault with the recorded answer itself, so none can tell whether another is"
    " healed; say words that a healed answer must hold"
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a replay sends, and the turns that its answers belong to."""

    bodies: dict[str, dict[str, Any]]
    turns: dict[str, Turn]
    policy: Policy


def due() -> list[int]:
    """Projects in which a replay waits for a worker."""
    return sorted(set(Replay.objects.filter(state=Replay.State.RUNNING).values_list("project_id", flat=True)))


def advance(project_id: int, seconds: float = 20.0) -> int:
    """Carry the replays of a project on, unless another worker does; how many requests were sent.

    What came back is kept as it comes, so a worker that is killed loses at most the requests on their way.
    """
    deadline = time.monotonic() + seconds
    sent = 0
    with claimed(project_id, [STAGE]) as claim:
        if claim is None:
            return 0
        open_ones = Replay.objects.filter(project_id=project_id, state=Replay.State.RUNNING)
        for one in open_ones.select_related("project").order_by("id"):
            if claim.lost or time.monotonic() > deadline:
                break
            try:
                sent += _carry_on(one, claim, deadline)
            except (BadRequest, NotFound) as fault:
                _end(one, state=Replay.State.FAILED, error=str(fault))
    return sent


def _carry_on(one: Replay, claim: Claim, deadline: float) -> int:
    endpoint = JudgeEndpoint.objects.filter(project_id=one.project_id, is_enabled=True).first()
    if endpoint is None:
        raise BadRequest("the project's endpoint is switched off")
    recorded = read(one.project_id, one.turn_id)
    plan = _plan(one, recorded)
    if not one.before:
        _judge_recorded(one, recorded)
    sent = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for batch in _batches(one):
            if claim.lost or time.monotonic() > deadline or not _still_open(one):
                return sent
            # Kept when all of them are back: SQLite has one writer, and each request counts its own cost.
            for attempt in list(pool.map(partial(_ask, endpoint, plan), batch)):
                attempt.save()
                sent += 1
    _conclude(one, plan)
    return sent


def _plan(one: Replay, recorded: Recorded) -> _Plan:
    changed = apply(one.project, recorded, one.kind, msgspec.convert(one.change, Change))
    arms = Attempt.Arm
    return _Plan(
        {
            arms.CONTROL: body_of(recorded, recorded.messages, one.model),
            arms.CHANGED: body_of(recorded, changed.messages, one.changed_model),
        },
        {arms.CONTROL: recorded.turn, arms.CHANGED: changed.turn},
        policy_of(one.project_id),
    )


def _judge_recorded(one: Replay, recorded: Recorded) -> None:
    """See what speaks against the recorded answer, before a call is spent on another.

    Raises:
        BadRequest: nothing does.
    """
    (found,) = judge_answers(one.project_id, [replace(recorded.turn, peers=None)], one.must_say)
    if found.is_good is not False:
        raise BadRequest(NOTHING_WRONG)
    one.before = list(found.reasons)
    Replay.objects.filter(pk=one.pk).update(before=one.before)


def _batches(one: Replay) -> Iterator[list[Attempt]]:
    """Requests that are still to be sent, both kinds in turn, so that a bad minute hits both alike."""
    there = set(one.attempts.values_list("arm", "number"))
    missing = [
        Attempt(replay=one, arm=arm, number=number)
        for number in range(1, one.repeats + 1)
        for arm in Attempt.Arm.values
        if (arm, number) not in there
    ]
    for start in range(0, len(missing), _AT_ONCE):
        yield missing[start : start + _AT_ONCE]


def _ask(endpoint: JudgeEndpoint, plan: _Plan, attempt: Attempt) -> Attempt:
    began = time.monotonic()
    tokens = [0, 0]
    try:
        usual = asked(endpoint)
        reply = complete(replace(usual, used=_counting(usual.used, tokens)), plan.bodies[attempt.arm], plainer)
        _take(attempt, reply, plan)
    except NotRedacted as fault:
        attempt.error = str(fault)[:500]
    except NoReply as fault:
        hint = f"; does it know the model {plan.bodies[attempt.arm]['model']}?" if "answered 404" in str(fault) else ""
        attempt.error = f"{fault}{hint}"[:500]
    finally:
        connection.close()  # each thread of the pool has one of its own
    attempt.input_tokens, attempt.output_tokens = tokens
    attempt.cost_usd = (tokens[0] * endpoint.input_usd + tokens[1] * endpoint.output_usd) / 1e6
    attempt.duration_ms = (time.monotonic() - began) * 1000
    return attempt


def _counting(used: Callable[[int, int], None], tokens: list[int]) -> Callable[[int, int], None]:
    def count(input_tokens: int, output_tokens: int) -> None:
        tokens[0] += input_tokens
        tokens[1] += output_tokens
        used(input_tokens, output_tokens)

    return count


def _take(attempt: Attempt, reply: Completion, plan: _Plan) -> None:
    """Keep an answer as the project's policy lets telemetry be kept.

    Raises:
        NotRedacted: it could not be masked.
    """
    text = reply.content.replace("\x00", "").encode("utf-8", "replace").decode()
    if not text.strip() and reply.tools:
        attempt.error = f"it asked for the tool {reply.tools[0][:60]} instead of answering, and a replay runs no tools"
    elif len(text) > _LONGEST_ANSWER:
        attempt.error = f"the answer has {len(text):,} characters; at most {_LONGEST_ANSWER:,} are judged"
    attempt.answer = value_as_allowed(text[:_LONGEST_ANSWER], plan.policy, attempt.replay.trace_id)
    attempt.finish_reason = reply.finish_reason[:60]


def _still_open(one: Replay) -> bool:
    return Replay.objects.filter(pk=one.pk, state=Replay.State.RUNNING).exists()


def _conclude(one: Replay, plan: _Plan) -> None:
    attempts = list(one.attempts.all())
    judged = [attempt for attempt in attempts if not attempt.error]
    models = {Attempt.Arm.CONTROL: one.model, Attempt.Arm.CHANGED: one.changed_model}
    turns = [
        answered(plan.turns[its.arm], its.answer, its.finish_reason, its.output_tokens, models[Attempt.Arm(its.arm)])
        for its in judged
    ]
    for attempt, found in zip(judged, judge_answers(one.project_id, turns, one.must_say), strict=True):
        attempt.is_healed, attempt.reasons, attempt.scores = found.is_good, list(found.reasons), found.scores
        attempt.save(update_fields=["is_healed", "reasons", "scores"])
    counts = {arm: _counts(attempts, arm) for arm in Attempt.Arm.values}
    control, changed = counts[Attempt.Arm.CONTROL], counts[Attempt.Arm.CHANGED]
    what = outcome(control, changed)
    _end(
        one, state=Replay.State.DONE, verdict=what.verdict, reason=what.reason, difference=what.difference,
        low=what.low, high=what.high, p_value=what.p_value, control_healed=control[0], control_judged=control[1],
        changed_healed=changed[0], changed_judged=changed[1],
    )  # fmt: skip


def _counts(attempts: list[Attempt], arm: str) -> tuple[int, int]:
    said = [attempt.is_healed for attempt in attempts if attempt.arm == arm and attempt.is_healed is not None]
    return sum(said), len(said)


def _end(one: Replay, **fields: Any) -> None:
    """Store how it ended, unless somebody stopped it meanwhile."""
    Replay.objects.filter(pk=one.pk, state=Replay.State.RUNNING).update(**fields, finished_at=timezone.now())
