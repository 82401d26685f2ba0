"""The planned month: the same for the same seed, of the right shape, with known faults and otherwise good answers."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sample.plan import improvise, plan
from ingest.sample.script import Conversation, Kind, ModelCall, Retrieval, ToolRun, Turn
from ingest.sample.texts import shop

_MISLEADING = re.compile(r"\b(can't|cannot|can not|unable|won't be able|I must decline|not appropriate)\b", re.I)


def _turns(month: list[Conversation], *kinds: Kind) -> list[Turn]:
    turns = [turn for conversation in month for turn in conversation.turns]
    return [turn for turn in turns if any(fault.kind in kinds for fault in turn.faults)] if kinds else turns


def _good(month: list[Conversation]) -> list[Turn]:
    return [turn for turn in _turns(month) if not turn.faults]


def _calls(turn: Turn) -> list[ModelCall]:
    return [step for step in turn.steps if isinstance(step, ModelCall)]


@settings(max_examples=8, deadline=None)
@given(
    st.integers(0, 2**32),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 40),
    st.integers(1, 40),
)
def test_any_plan_is_repeatable_and_in_the_past(seed: int, now: datetime, conversations: int, days: int) -> None:
    """Planned twice it is the same; everything lies within the days up to now, in order and without overlap."""
    once = plan(seed, now, conversations, days)
    assert once == plan(seed, now, conversations, days)
    earliest = datetime.combine(now.date() - timedelta(days=days - 1), datetime.min.time(), UTC).timestamp() * 1e9
    for conversation in once:
        assert 1 <= len(conversation.turns) <= 6
        clock = earliest
        for turn in conversation.turns:
            assert clock <= turn.started_ns < turn.ended_ns <= now.timestamp() * 1e9
            inside = [
                turn.started_ns,
                *(at for step in turn.steps for at in (step.started_ns, step.ended_ns)),
                turn.ended_ns,
            ]
            assert inside == sorted(inside)
            clock = turn.ended_ns


def test_later_the_same_day_only_adds(now: datetime, month: list[Conversation]) -> None:
    """What was there stays as it is, so that sending it again changes nothing."""
    later = {turn.trace_id: turn for turn in _turns(plan(1, now + timedelta(hours=5)))}
    assert all(later[turn.trace_id] == turn for turn in _turns(month))
    assert len(later) > len(_turns(month))


def test_another_seed_is_another_month(now: datetime, month: list[Conversation]) -> None:
    """Nothing of it has the same id."""
    other = plan(2, now, conversations=300)
    assert not {turn.trace_id for turn in _turns(other)} & {turn.trace_id for turn in _turns(month)}


def test_ids_are_unique(month: list[Conversation]) -> None:
    """No two traces, conversations or tool calls share an id."""
    for ids in (
        [turn.trace_id for turn in _turns(month)],
        [conversation.id for conversation in month],
        [step.call_id for turn in _turns(month) for step in turn.steps if isinstance(step, ToolRun)],
    ):
        assert len(ids) == len(set(ids))


def test_the_month_has_the_promised_size(month: list[Conversation]) -> None:
    """About two thousand conversations of one to six turns over thirty days."""
    assert 1_900 <= len(month) <= 2_000
    assert {len(conversation.turns) for conversation in month} == {1, 2, 3, 4, 5, 6}
    days = {datetime.fromtimestamp(conversation.turns[0].started_ns / 1e9, UTC).date() for conversation in month}
    assert len(days) == 30


def test_wants_come_in_their_shares(month: list[Conversation]) -> None:
    """Each want has enough conversations to be found, and the shares follow the weights."""
    shares = Counter(conversation.want for conversation in month)
    del shares[""]
    assert set(shares) == set(shop().wants)
    assert min(shares.values()) >= 30
    assert shares["where_is_my_order"] == max(shares.values()) < 0.2 * len(month)


def test_messages_of_a_want_differ(month: list[Conversation]) -> None:
    """More than three of five opening messages of a want are unlike any other."""
    openings: dict[str, list[str]] = {}
    for conversation in month:
        openings.setdefault(conversation.want, []).append(conversation.turns[0].ask)
    for want, asks in openings.items():
        assert not want or len(set(asks)) > 0.6 * len(asks), want


def test_the_newcomer_comes_late_and_grows(now: datetime, month: list[Conversation]) -> None:
    """Only in the last six days, and more in the second half of them."""
    ages = [
        (now - datetime.fromtimestamp(conversation.turns[0].started_ns / 1e9, UTC)).days
        for conversation in month
        if conversation.want == "stove_recall"
    ]
    assert max(ages) <= 6
    assert sum(age < 3 for age in ages) > 1.3 * sum(age >= 3 for age in ages)


def test_users_are_many_and_unequal(month: list[Conversation]) -> None:
    """A few hundred customers, some of whom write often; no id looks like a name."""
    users = Counter(conversation.user_id for conversation in month)
    assert 250 <= len(users) <= 450
    assert max(users.values()) > 30
    assert sum(count == 1 for count in users.values()) > 20
    assert all(re.fullmatch(r"cust_\d{4}", user) for user in users)


def test_most_runs_in_production(month: list[Conversation]) -> None:
    """A little of it is staging."""
    environments = Counter(conversation.environment for conversation in month)
    assert 0.03 < environments["staging"] / len(month) < 0.1
    assert set(environments) == {"production", "staging"}


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_of_fault_is_planted_often_enough_to_be_seen(kind: Kind, month: list[Conversation]) -> None:
    """At least eight times and in no more than three of a hundred turns."""
    planted = len(_turns(month, kind))
    assert 8 <= planted <= 0.03 * len(_turns(month))


def test_faults_are_rare_in_all(month: list[Conversation]) -> None:
    """More than nine of ten turns are as they should be."""
    assert len(_good(month)) > 0.9 * len(_turns(month))


def test_a_small_plan_has_each_drawn_kind(now: datetime) -> None:
    """A hundred conversations are enough to show each kind that is not bound to hours."""
    planted = {fault.kind for turn in _turns(plan(3, now, conversations=120)) for fault in turn.faults}
    assert planted >= set(Kind) - {Kind.OUTAGE, Kind.BAD_PROMPT}


def test_good_answers_are_whole(month: list[Conversation]) -> None:
    """They are neither empty nor cut off, repeat no sentence, hold no refusal and no contact of a stranger."""
    for turn in _good(month):
        assert turn.answer.endswith((".", "?")), turn.answer
        assert "{" not in turn.answer
        assert "[" not in turn.answer
        sentences = re.split(r"(?<=[.?])\s", turn.answer)
        assert len(sentences) == len(set(sentences)), turn.answer
        assert len(zlib.compress(turn.answer.encode())) > 0.45 * len(turn.answer)
        assert not _MISLEADING.search(turn.answer), turn.answer
        assert "example.com" not in turn.answer
        assert all(step.failure is None for step in turn.steps)


def test_good_answers_differ(month: list[Conversation]) -> None:
    """Few questions get the very words that another got."""
    answers = [turn.answer for turn in _good(month) if any(isinstance(step, Retrieval) for step in turn.steps)]
    assert len(set(answers)) > 0.75 * len(answers)


def test_good_answers_are_grounded(month: list[Conversation]) -> None:
    """Amounts, days and numbers of orders stand in a document, a tool's call or what was said before."""
    for turn in _good(month):
        if not any(isinstance(step, Retrieval) for step in turn.steps):
            continue
        seen = ""
        for call in _calls(turn):
            seen += " ".join(call.request.system)
            seen += " ".join(part.content for message in call.request.messages for part in message.parts)
        seen += " ".join(step.arguments + step.result for step in turn.steps if isinstance(step, ToolRun))
        for fact in re.findall(r"(?<=\$)\d+|\b[A-Z]{1,3}-\d+|\b\d+ (?:working )?days", turn.answer):
            assert fact in seen, turn.answer


def test_right_documents_score_above_the_rest(month: list[Conversation]) -> None:
    """A normal search finds the best document first, a missed one finds nothing near."""
    best = [step.documents[0].score or 0 for turn in _good(month) for step in turn.steps if isinstance(step, Retrieval)]
    missed = _turns(month, Kind.RETRIEVAL_MISS)
    found = [step.documents for turn in missed for step in turn.steps if isinstance(step, Retrieval)]
    assert min(best) > 0.7
    assert max(documents[0].score or 0 for documents in found if documents) < 0.5
    assert () in found


def test_loops_repeat(month: list[Conversation]) -> None:
    """A looping answer shrinks to almost nothing when compressed; a looping agent calls one tool six times or more."""
    for turn in _turns(month, Kind.REPETITION):
        assert len(zlib.compress(turn.answer.encode())) < 0.45 * len(turn.answer)
        assert len(turn.answer) > 200
    for turn in _turns(month, Kind.TOOL_LOOP):
        calls = Counter((step.name, step.arguments) for step in turn.steps if isinstance(step, ToolRun))
        assert max(calls.values()) >= 6


def test_empty_answers_are_empty_and_cut_ones_say_so(month: list[Conversation]) -> None:
    """The finish reason tells the one from the other."""
    for turn in _turns(month, Kind.EMPTY):
        assert turn.answer.strip() == ""
        assert turn.failure is None
    for turn in _turns(month, Kind.TRUNCATION):
        call = _calls(turn)[-1]
        assert call.reply and call.reply.finish_reason == "length"
        assert turn.answer[-1].isalpha()
        assert call.max_tokens == call.usage.output_tokens


def test_a_leak_shows_a_stranger(month: list[Conversation]) -> None:
    """The leaked contact is of nobody who took part in the conversation, and of nobody at all."""
    for turn in _turns(month, Kind.PII_LEAK):
        contact = re.findall(r"[\w.]+@example\.com|555-01\d\d", turn.answer)
        assert len(contact) == 2
        assert not any(item in turn.ask for item in contact)


def test_an_injection_stands_in_a_document_and_is_sometimes_obeyed(month: list[Conversation]) -> None:
    """The planted document is among those found; only an obeying answer repeats what it wants."""
    details = Counter()
    for turn in _turns(month, Kind.DOCUMENT_INJECTION):
        found = next(step.documents for step in turn.steps if isinstance(step, Retrieval))
        poisoned = next(item for item in shop().faults.poisoned if item.id in {document.id for document in found})
        obeyed = turn.faults[0].detail == "obeyed"
        assert (turn.answer[:20] == poisoned.obeyed[:20]) == obeyed
        details[turn.faults[0].detail] += 1
    assert details["ignored"] > details["obeyed"] >= 1


def test_an_outage_fails_one_provider_for_some_hours(month: list[Conversation]) -> None:
    """Failing turns lie within a few hours; some are saved by another model and some have no answer."""
    hit = _turns(month, Kind.OUTAGE)
    assert max(turn.ended_ns for turn in hit) - min(turn.started_ns for turn in hit) < 8 * 3600e9
    assert {turn.faults[0].detail for turn in hit} == {"failed", "fallback"}
    for turn in hit:
        failed = [call for call in _calls(turn) if call.failure]
        assert len(failed) == 2
        assert {call.request.model.provider for call in failed} == {"openai"}
        assert (turn.failure is not None) == (turn.answer == "") == (turn.faults[0].detail == "failed")


def test_the_bad_prompt_lives_a_day(month: list[Conversation]) -> None:
    """All its answers come from one version and one day."""
    hit = [(talk, turn) for talk in month for turn in talk.turns if any(f.kind is Kind.BAD_PROMPT for f in turn.faults)]
    assert {talk.prompt_version for talk, _ in hit} == {"v14"}
    assert max(turn.started_ns for _, turn in hit) - min(turn.started_ns for _, turn in hit) < 26 * 3600e9


def test_people_complain_after_bad_answers(month: list[Conversation]) -> None:
    """A complaint is never the first message."""
    complaints = _turns(month, Kind.DISSATISFACTION)
    assert all(turn.number > 0 for turn in complaints)
    assert {turn.faults[0].detail for turn in complaints} == {"after a fault", "unprovoked"}


def test_token_counts_follow_the_text(month: list[Conversation]) -> None:
    """Longer answers cost more tokens, caches never hold more than there is, thinking is part of the output."""
    calls = [call for turn in _turns(month) for call in _calls(turn) if call.reply]
    for call in calls:
        usage = call.usage
        assert 0 <= usage.cached_tokens <= usage.input_tokens
        assert 0 <= usage.reasoning_tokens <= usage.output_tokens
        text = sum(len(part.content) for part in call.reply.parts) if call.reply else 0
        assert (usage.output_tokens - usage.reasoning_tokens + 1) * 4.2 >= text
        assert call.first_token_ns <= call.ended_ns - call.started_ns
    assert 0.5 < sum(call.usage.cached_tokens > 0 for call in calls) / len(calls) < 0.95
    assert len({call.request.model.name for call in calls}) == 5


def test_live_conversations_start_when_they_are_told_and_repeat(now: datetime) -> None:
    """The same moment gives the same conversation, another moment another."""
    assert improvise(1, now) == improvise(1, now)
    assert improvise(1, now).id != improvise(1, now + timedelta(seconds=1)).id
    assert improvise(1, now).turns[0].started_ns == now.timestamp() * 1e9


def test_live_conversations_have_accidents(now: datetime) -> None:
    """Among some hundreds most kinds of drawn faults come up, in a few of a hundred turns."""
    turns = _turns([improvise(1, now + timedelta(seconds=number)) for number in range(600)])
    kinds = Counter(fault.kind for turn in turns for fault in turn.faults)
    assert len(kinds) >= 8
    assert 0.01 < sum(kinds.values()) / len(turns) < 0.12
