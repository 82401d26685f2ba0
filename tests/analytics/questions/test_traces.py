"""The trace list finds what the search says, whatever stands in ids and texts, and pages without gaps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.questions.changes import what_changed
from analytics.questions.facets import FACETS, facet
from analytics.questions.filters import Topics, compile_filter, like
from analytics.questions.grammar import Token, literal, parse
from analytics.questions.overview import overview
from analytics.questions.scope import Range, Scope
from analytics.questions.spans import span_detail, trace_spans
from analytics.questions.topics import topic_table
from analytics.questions.traces import SORTS, count_traces, list_traces
from backend.errors import BadRequest, NotFound
from backend.store.client import Store
from tests.analytics.pipeline.building import NOON, chat, put, span

HOSTILE = "it's {x:String} \\ \" % _ * ü '; DROP TABLE span --"
DAY = Range(NOON - timedelta(hours=12), NOON + timedelta(hours=12))
NONE = Topics()


@pytest.fixture
def scope(project: int, store: Store, run: Callable[[int], None]) -> Scope:
    """Six traces: an ordinary one, a failed one, a healed one, a costly slow one, an empty one, a hostile one."""
    fails = {"status": "error", "status_message": "rate limit", "error_type": "RateLimit"}
    early, first, last = (NOON + timedelta(minutes=minutes) for minutes in (-1, 1, 4))
    plain = {"user_id": "ann", "conversation_id": "c1", "environment": "production"}
    costly = {"cost_usd": 0.5, "uncached_input_tokens": 9000, "response_model": "big-1"}
    put(store, project, [
        *chat("plain", "Where is my parcel?", "In Kiel.", **plain),
        span("failed", "chat", operation="chat", input_text="Refund?", request_model="small", at=early, **fails),
        *chat("healed", "Find order 4", "Found.", at=first, prompt_name="answer", prompt_version="7"),
        span("healed", "tool", "root", operation="execute_tool", tool_name="find_order", at=first, **fails),
        *chat("slow", "Write a poem", "Roses", at=last, **costly),
        span("slow", "later", "root", at_ms=5000, ms=1000, at=last),
        *chat("empty", "Hm?", "", at=NOON + timedelta(minutes=2), user_id="bob", cost_usd=None),
        *chat("hostile", HOSTILE, HOSTILE, at=NOON + timedelta(minutes=3), user_id=HOSTILE, conversation_id=HOSTILE),
    ])  # fmt: skip
    run(project)
    return Scope(project, DAY)


def found(scope: Scope, search: str, topics: Topics = NONE) -> set[str]:
    """Traces that fit a search, by both questions."""
    where = compile_filter(parse(search), topics)
    assert where.invalid == ()
    traces = {row.trace_id for row in list_traces(scope, where).traces}
    assert count_traces(scope, where) == len(traces)
    return traces


ALL = {"plain", "failed", "healed", "slow", "empty", "hostile"}


SEARCHES: list[tuple[str, set[str]]] = [
    ("", ALL),
    ("status:error", {"failed"}),
    ("-status:error", ALL - {"failed"}),
    ("status:ok", ALL - {"failed"}),
    ("has:error", {"failed", "healed"}),
    ("error:rate*", {"failed", "healed"}),
    ("model:GPT-4o", ALL - {"failed"}),
    ("model:small", {"failed"}),
    ("model:big*", {"slow"}),
    ("latency:>2s", {"slow"}),
    ("latency:<1000", {"failed"}),
    ("cost:>0.01 tokens:>1000", {"slow"}),
    ("ttft:>1s", set()),
    ("spans:>=4", {"healed", "slow"}),
    ("user:ann", {"plain"}),
    ("user:a*", {"plain"}),
    ("-user:ann -user:bob", ALL - {"plain", "empty"}),
    ("conversation:c1", {"plain"}),
    ("conversation:slow", {"slow"}),
    ("trace:h*", {"healed", "hostile"}),
    ("env:production", {"plain"}),
    ("operation:retrieval", ALL - {"failed"}),
    ("tool:find_order", {"healed"}),
    ("prompt:answer@7", {"healed"}),
    ("prompt:answer", {"healed"}),
    ("flag:empty", {"empty"}),
    ("flag:error", {"failed"}),
    ("has:flag", {"empty", "failed"}),
    ("parcel", {"plain"}),
    ("PARCEL kiel", {"plain"}),
    ('"rate limit"', {"failed", "healed"}),
    ("name:answer", ALL - {"failed"}),
    ("has:feedback", set()),
    ("has:retrieval -has:tool parcel", {"plain"}),
]


def test_a_search_finds_its_traces(scope: Scope) -> None:
    """Each field of the grammar, alone and with others."""
    assert {search: found(scope, search) for search, _ in SEARCHES} == dict(SEARCHES)


def test_any_value_is_found_by_itself_alone(scope: Scope) -> None:
    """Ids and texts are the client's: quotes, braces, per cent signs and stars mean themselves."""
    for field in ("user", "conversation", ""):
        value = literal(HOSTILE) if field else HOSTILE
        assert found(scope, Token(field, value).text) == {"hostile"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["user", "model", "conversation", "name", "prompt", "tag", "flag", ""]), st.text(max_size=20))
def test_no_value_reaches_the_text_of_the_question(scope: Scope, field: str, value: str) -> None:
    """Attempts at injection are parameters like all others: the text knows no value."""
    token = Token(field, literal(value) or "x")
    where = compile_filter(parse(token.text))
    assert where.sql == compile_filter(parse(Token(field, "plain").text)).sql
    list_traces(scope, where)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [("gpt*", "gpt%"), ("100%", "100\\%"), ("a_b", "a\\_b"), ("\\*", "*"), ("a\\b", "a\\\\b"), ("\\\\*", "\\\\%")],
)
def test_only_a_star_is_a_wildcard(pattern: str, wanted: str) -> None:
    """What LIKE has of its own is escaped."""
    assert like(pattern) == wanted


def test_topics_are_found_by_name_by_number_and_by_pattern(scope: Scope, store: Store) -> None:
    """A topic that is not there is told, not searched for."""
    rows = {
        "project_id": [scope.project_id] * 2, "conversation_id": ["c1", "slow"], "fit_id": [5, 5], "topic_id": [1, 0],
        "state": ["assigned", "other"], "start_time": [0, 0], "version": [1, 1],
    }  # fmt: skip
    store.insert("topic_assignment", list(rows), list(rows.values()))
    topics = Topics(5, {"late parcels": (1,), "refunds": (2,)})
    assert found(scope, 'topic:"Late Parcels"', topics) == {"plain"}
    assert found(scope, "topic:1", topics) == {"plain"}
    assert found(scope, "topic:late*", topics) == {"plain"}
    assert found(scope, "topic:other", topics) == {"slow"}
    assert found(scope, "has:topic", topics) == {"plain"}
    assert found(scope, "topic:refunds", topics) == set()
    missing = compile_filter(parse("topic:moon parcel"), topics)
    assert [one.text for one in missing.invalid] == ["topic:moon"]


def test_a_row_tells_what_happened(scope: Scope) -> None:
    """Money without a price is not nothing; a healed trace is well and counts its failed span."""
    rows = {row.trace_id: row for row in list_traces(scope, compile_filter(parse(""))).traces}
    plain, empty, healed, failed = (rows[name] for name in ("plain", "empty", "healed", "failed"))
    assert (plain.name, plain.models) == ("answer", ("gpt-4o-2024-08-06",))
    assert (plain.input_tokens, plain.output_tokens, plain.cost_usd) == (100, 20, 0.002)
    assert (plain.input_preview, plain.output_preview, plain.span_count) == ("Where is my parcel?", "In Kiel.", 3)
    assert (empty.cost_usd, empty.unpriced_spans, [mark.detector for mark in empty.flags]) == (None, 1, ["empty"])
    assert (healed.status, healed.error_spans, failed.status, failed.error_message) == ("ok", 1, "error", "rate limit")
    assert failed.conversation_id == "failed"


@pytest.mark.parametrize("sort", SORTS)
def test_pages_have_no_gaps_and_no_doubles(scope: Scope, sort: Any) -> None:
    """Whatever the list is sorted by, ties included."""
    where = compile_filter(parse(""))
    seen: list[str] = []
    cursor = ""
    while True:
        page = list_traces(scope, where, sort=sort, cursor=cursor, limit=2)
        seen += [row.trace_id for row in page.traces]
        cursor = page.next
        if not cursor:
            break
    assert (len(seen), set(seen)) == (6, ALL)
    assert seen[0] == "slow"


@pytest.mark.parametrize("cursor", ["x", "eyJ9", "W10", "WyJjb3N0IiwxLCJhIl0"])
def test_a_cursor_that_is_none_of_ours_is_refused(scope: Scope, cursor: str) -> None:
    """Or one of another sort."""
    with pytest.raises(BadRequest, match="start again without one"):
        list_traces(scope, compile_filter(parse("")), cursor=cursor)


def test_only_traces_that_began_in_the_range_are_of_it(scope: Scope) -> None:
    """One that reaches into it is whole elsewhere."""
    later = Scope(scope.project_id, Range(NOON + timedelta(minutes=4, seconds=2), NOON + timedelta(hours=1)))
    assert found(later, "") == set()
    assert found(Scope(scope.project_id, Range(NOON, NOON + timedelta(minutes=2))), "") == {"plain", "healed"}


def test_another_project_sees_nothing(scope: Scope) -> None:
    """Not even by id."""
    other = Scope(scope.project_id + 1, scope.range)
    assert found(other, "") == set()
    assert trace_spans(other.project_id, "plain") is None
    assert span_detail(other.project_id, "plain", "chat") is None


def test_facets_count_traces_and_leave_out_their_own_choice(scope: Scope) -> None:
    """Each value says how many traces it would leave; choosing one keeps the others in sight."""
    values = {value.value: (value.count, value.chosen) for value in facet(scope, parse("status:error"), "status", NONE)}
    assert values == {"ok": (5, False), "error": (1, True)}
    assert {value.value for value in facet(scope, parse("status:error"), "model", NONE)} == {"small"}
    (hostile,) = [value for value in facet(scope, parse(""), "user", NONE) if value.value == HOSTILE]
    assert found(scope, parse("").with_token(hostile.token).text) == {"hostile"}
    for name in FACETS:
        facet(scope, parse("latency:<1h parcel"), name, NONE)
    with pytest.raises(NotFound):
        facet(scope, parse(""), "colour", NONE)


def test_a_trace_is_a_tree_in_the_order_it_ran(scope: Scope) -> None:
    """With depth, offset and everything of a span by its key."""
    spans = trace_spans(scope.project_id, "plain")
    assert spans is not None
    assert [(node.depth, node.span.name, node.span.start_ms, node.children) for node in spans.nodes] == [
        (0, "answer", 0.0, 2),
        (1, "find", 10.0, 0),
        (1, "chat", 100.0, 0),
    ]
    assert (spans.total, spans.duration_ms) == (3, 1000.0)
    detail = span_detail(scope.project_id, "plain", "find")
    assert detail is not None
    assert detail.retrieval_query == "Where is my parcel?"


def test_the_overview_counts_turns_beside_the_range_before(scope: Scope) -> None:
    """Rates carry their sample; steps cover the range and add up."""
    seen = overview(scope)
    now = seen.now
    assert (now.turns, now.traces, now.conversations, now.users, now.errors, now.flagged_turns) == (6, 6, 6, 3, 1, 2)
    assert (now.error_rate.value, now.error_rate.n) == (pytest.approx(1 / 6), 6)
    assert (now.unpriced_spans, now.unpriced_turns, now.ttft_n) == (1, 1, 5)
    assert now.cost_usd == pytest.approx(0.506)
    assert (seen.before.turns, seen.before.latency_p50_ms, seen.before.error_rate.n) == (0, None, 0)
    assert sum(step.turns for step in seen.steps) == 6
    assert overview(Scope(scope.project_id, scope.range, "production")).now.turns == 1
    assert what_changed(scope, topic_table(scope)) == []
