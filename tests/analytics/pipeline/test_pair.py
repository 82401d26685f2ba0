"""A call that two spans tell counts once where they came apart, in any order; calls that only look alike count each."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from analytics.pipeline import alike
from analytics.pipeline.pair import Pair
from analytics.pipeline.stages import STAGES
from analytics.pipeline.window import OVERLAP
from backend.projects.models import Project
from backend.store.client import Store
from backend.telemetry.span import Span
from ingest.prices.recompute import recompute
from tests.analytics.pipeline.building import NOON, put, span
from tests.analytics.pipeline.stepping import to_the_end

Ask = Callable[[str], list[tuple[Any, ...]]]

_OUTER, _INNER, _SDK = "openinference.langchain", "openinference.openai", "com.anthropic.sdk.python"
_SECOND_NS = 10**9


def _call(name: str, start: float, end: float, above: str = "", scope: str = _INNER, **told: Any) -> Span:
    """A call from a second to another, named by its trace's letter and its own number."""
    given: dict[str, Any] = {
        "operation": "chat", "request_model": "gpt-4o-mini", "provider": "openai", "input_text": "Where is it?",
        "output_text": "On its way.", "uncached_input_tokens": 56, "cached_input_tokens": 64,
        "visible_output_tokens": 30, "cost_usd": 0.00003, "service_name": "shop",
        "resource_attributes": {"process.pid": "7"},
    }  # fmt: skip
    names = [told.pop(key, usual) for key, usual in (("trace_id", name[0]), ("span_id", name))]
    return span(*names, above, at_ms=start * 1000, ms=(end - start) * 1000, scope_name=scope, **given | told)


def _step(name: str, start: float, end: float, above: str = "") -> Span:
    return span(name[0], name, above, at_ms=start * 1000, ms=(end - start) * 1000, operation="invoke_workflow")


def _sent_apart(store: Store, project: int, spans: Sequence[Span]) -> None:
    """Each in a block of its own, and looked at before the next comes."""
    for one in spans:
        put(store, project, [one])
        Pair().run(project, [one.trace_id])


def _counting(rows: Ask) -> set[str]:
    found = rows("SELECT span_id FROM span FINAL WHERE operation IN ('chat', 'embeddings')")
    seen = rows("SELECT span_id FROM span_preview FINAL WHERE input_tokens > 0 OR cost_usd IS NOT NULL")
    assert sorted(found) == sorted(seen)
    return {name for (name,) in found}


_LANGCHAIN = [_step("a1", 0, 10), _call("a2", 1, 9, "a1", _OUTER), _call("b1", 2, 8)]
_NESTED = [
    _call("a1", 0, 10, scope="litellm"), _step("a2", 1, 9, "a1"), _call("a3", 2, 8, "a2", _OUTER),
    _call("a4", 3, 7, "a3"),
]  # fmt: skip
_OWN = [
    _call("a1", 0, 10, scope=_OUTER, response_id="m1", visible_output_tokens=31),
    _call("b1", 11, 12, scope=_SDK, response_id="m1", input_text="", output_text=""),
]


@pytest.mark.parametrize(
    ("told", "counts"), [(_LANGCHAIN, {"a2"}), (_NESTED, {"a4"}), (_OWN, {"a1"})], ids=["langchain", "nested", "sdk"]
)
def test_a_call_counts_once_in_whichever_order_its_spans_come(
    project: int, store: Store, rows: Ask, told: list[Span], counts: set[str]
) -> None:
    """Children first, parents first, a step between them last of all; and each of them sent once more afterwards."""
    for order in itertools.permutations(told):
        store.command("TRUNCATE TABLE span")
        store.command("TRUNCATE TABLE span_preview")
        _sent_apart(store, project, order)
        assert _counting(rows) == counts, [one.span_id for one in order]
    for again in told:
        _sent_apart(store, project, [again])
        assert _counting(rows) == counts, again.span_id


def test_what_is_set_aside_stays_readable_and_the_ledger_says_where_it_counts(
    project: int, store: Store, rows: Ask
) -> None:
    """Only operation, counts and cost change; done again it stores nothing."""
    put(store, project, [_LANGCHAIN[2]])
    before = rows("SELECT * EXCEPT (stored_at) FROM span FINAL")
    put(store, project, _LANGCHAIN[:2])
    assert Pair().run(project, ["a", "b"]) == {"set_aside": 1}
    assert Pair().run(project, ["a", "b"]) == {"set_aside": 0}
    after = rows("SELECT * EXCEPT (stored_at) FROM span FINAL WHERE span_id = 'b1'")
    assert sum(was != now for was, now in zip(before[0], after[0], strict=True)) == 6
    assert rows("SELECT attributes FROM span FINAL WHERE span_id = 'b1'") == [
        (
            {
                "assay.counted_elsewhere.operation": "chat",
                "assay.counted_elsewhere.uncached_input_tokens": "56",
                "assay.counted_elsewhere.cached_input_tokens": "64",
                "assay.counted_elsewhere.visible_output_tokens": "30",
            },
        )
    ]
    assert rows("SELECT subject_id, outcome, reason FROM ledger FINAL WHERE analyser = 'pair'") == [
        ("b", "matched", "span b1 tells the call of span a2 of trace a, which counts")
    ]


@pytest.mark.parametrize(
    "told",
    [
        # Another process, also one that is told by its resource alone, and the same instrumentation.
        [_call("a2", 0, 10, "a1", _OUTER), _call("b1", 1, 9, service_name="till")],
        [_call("a2", 0, 10, "a1", _OUTER), _call("b1", 1, 9, resource_attributes={"process.pid": "8"})],
        [_call("a2", 0, 10, "a1"), _call("b1", 1, 9)],
        # Another question, model, response, count or kind of call.
        [_call("a2", 0, 10, "a1", _OUTER), _call("b1", 1, 9, input_text="Where is it")],
        [_call("a2", 0, 10, "a1", _OUTER), _call("b1", 1, 9, request_model="gpt-4o")],
        [_call("a2", 0, 10, "a1", _OUTER, response_id="r1"), _call("b1", 1, 9, response_id="r2")],
        [_call("a2", 0, 10, "a1", _OUTER), _call("b1", 1, 9, cached_input_tokens=65)],
        [_call("a2", 0, 10, "a1", _OUTER), _call("b1", 1, 9, operation="embeddings")],
        # Below something of its own, not within the time, or below a step that was lost.
        [_call("a2", 0, 10, "a1", _OUTER), _call("b2", 1, 9, "b1")],
        [_call("a2", 0, 10, "a1", _OUTER), _call("b1", 1, 11)],
        [_call("a1", 0, 10, scope=_OUTER), _call("a3", 1, 9, "a2")],
        # Beside each other in one trace; and an agent that calls twice, the second while the first still streams.
        [_call("a2", 0, 4, "a1"), _call("a3", 5, 9, "a1")],
        [_call("a2", 0, 10, "a1", _OUTER), _call("a3", 1, 9, "a1")],
        # Ten copies of a question at once.
        [_call(f"{chr(97 + place)}1", place / 10, 10 - place / 10) for place in range(10)],
    ],
)  # fmt: skip
def test_calls_that_look_alike_count_each(project: int, store: Store, rows: Ask, told: list[Span]) -> None:
    """Near misses, one after the other and all at once."""
    _sent_apart(store, project, told)
    Pair().run(project, sorted({one.trace_id for one in told}))
    assert _counting(rows) == {one.span_id for one in told}


def test_copies_of_a_question_at_once_count_once_each(project: int, store: Store, rows: Ask) -> None:
    """Forty runs of a chain at the same time, all spans apart and out of order: as many calls, each of some trace."""
    told = []
    for place in range(40):
        told += [
            _call(f"{chr(0x100 + place)}1", place / 100, 10 + place / 100, "root", _OUTER),
            _call(f"{chr(0x200 + place)}1", 1 + place / 100, 9 + place / 100),
        ]
    random.Random(5).shuffle(told)
    for start in range(0, len(told), 8):
        put(store, project, told[start : start + 8])
        Pair().run(project, [one.trace_id for one in told[start : start + 8]])
    assert len(_counting(rows)) == 40


def test_ids_may_be_long_and_repeats_many(project: int, store: Store, rows: Ask) -> None:
    """Ids are clients' words, and a window's do not fit into an address."""
    told = []
    for place in range(400):
        name = f"{'of a client ' * 20}{place}"
        told.append(_call("a", place, place + 10, "root", _OUTER, input_text=name, trace_id=name, span_id=name))
        told.append(_call("b", place + 1, place + 9, input_text=name, trace_id=f"{name}.", span_id=name))
    put(store, project, told)
    assert Pair().run(project, [one.trace_id for one in told]) == {"set_aside": 400}
    assert rows("SELECT sum(input_tokens) FROM span_preview FINAL") == [(400 * 120,)]


def test_a_call_takes_one_of_another_trace_also_when_that_was_set_aside_before(
    project: int, store: Store, rows: Ask
) -> None:
    """Another part of the process asked the same meanwhile, and is told later; the first is sent again after it."""
    first, outer, other = _call("b1", 2, 8), _call("a2", 0, 10, "a1", _OUTER), _call("c1", 1, 7)
    _sent_apart(store, project, [first, outer, other])
    assert _counting(rows) == {"a2", "c1"}
    _sent_apart(store, project, [first])
    assert len(_counting(rows)) == 2


def test_attributes_of_the_same_names_from_a_client_change_nothing(project: int, store: Store, rows: Ask) -> None:
    """A call that says of itself that it was set aside, and a step that says of itself that it was a call."""
    said = {f"assay.counted_elsewhere.{name}": "٣" * 5000 for name in ("operation", "uncached_input_tokens")}
    claims = said | {"assay.counted_elsewhere.operation": "chat"}
    told = [_call("a2", 0, 10, "a1", _OUTER), _call("b1", 1, 9, attributes=claims)]
    told += [msgspec.structs.replace(_step("c1", 1, 9), operation="", attributes=one, span_id=name)
             for name, one in (("c1", said), ("c2", claims))]  # fmt: skip
    _sent_apart(store, project, told[::-1])
    assert _counting(rows) == {"a2"}
    found = rows("SELECT attributes['assay.counted_elsewhere.uncached_input_tokens'] FROM span FINAL"
                 " WHERE span_id = 'b1'")  # fmt: skip
    assert found == [("56",)]


def test_masked_questions_are_one_where_the_same_kind_of_value_stands_in_them(
    project: int, store: Store, rows: Ask
) -> None:
    """A value has another token in each trace."""
    outer = _call("a2", 0, 10, "a1", _OUTER, input_text="Write to [EMAIL_bcdfg], please")
    _sent_apart(store, project, [outer, _call("b1", 1, 9, input_text="Write to [EMAIL_kqtzm], please")])
    assert _counting(rows) == {"a2"}
    _sent_apart(store, project, [_call("d2", 20, 30, "d1", _OUTER, input_text="Write to [EMAIL_bcdfg]")])
    _sent_apart(store, project, [_call("e1", 21, 29, input_text="Write to [PHONE_bcdfg]")])
    assert _counting(rows) == {"a2", "d2", "e1"}


def test_prices_computed_anew_do_not_bring_the_counts_back(project: int, store: Store, rows: Ask) -> None:
    """What is set aside is no call; the one that counts is priced."""
    put(store, project, _LANGCHAIN)
    Pair().run(project, ["a", "b"])
    recompute(store, project, [], NOON.date(), NOON.date() + timedelta(days=1), lambda day: None)
    found = dict(rows("SELECT span_id, cost_usd FROM span FINAL WHERE cost_usd IS NOT NULL"))
    assert found == {"a2": pytest.approx((56 * 0.15 + 64 * 0.075 + 30 * 0.6) / 1e6)}


def test_a_span_that_comes_in_meanwhile_is_not_lost(
    project: int, store: Store, rows: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages that are told later, just while the row before them is written again."""
    put(store, project, _LANGCHAIN)
    written = Store.command

    def late(self: Store, sql: str, parameters: Any = None) -> None:
        moment = rows("SELECT toUnixTimestamp64Micro(now64(6))")[0][0]
        written(self, sql, parameters)
        told = f"'Told later.' AS output_text, fromUnixTimestamp64Micro({moment}) AS stored_at"
        written(self, f"INSERT INTO span SELECT * REPLACE ({told}) FROM span WHERE span_id = 'b1' LIMIT 1")

    time.sleep(0.05)
    with monkeypatch.context() as patched:
        patched.setattr(Store, "command", late)
        Pair().run(project, ["a", "b"])
    assert rows("SELECT output_text FROM span FINAL WHERE span_id = 'b1'") == [("Told later.",)]
    Pair().run(project, ["b"])
    assert _counting(rows) == {"a2"}
    assert rows("SELECT output_text FROM span FINAL WHERE span_id = 'b1'") == [("Told later.",)]


def test_turns_follow_what_counts(project: int, store: Store, rows: Ask) -> None:
    """The question alone was a turn of its own until the call around it came; rows have not settled yet."""
    put(store, project, [_LANGCHAIN[2]])
    to_the_end(project, STAGES[:2])
    assert rows("SELECT trace_id, input_tokens FROM turn FINAL") == [("b", 120)]
    put(store, project, _LANGCHAIN[:2])
    to_the_end(project, STAGES[:2])
    to_the_end(project, STAGES[:2])  # as the next tick does, which finds the row that was stored again
    assert rows("SELECT trace_id, input_tokens, output_tokens FROM turn FINAL") == [("a", 120, 30)]


def test_turns_follow_also_where_a_row_is_older_than_what_may_still_be_on_its_way(
    project: int, store: Store, rows: Ask
) -> None:
    """The row that is stored again stands where no stage has passed yet."""
    put(store, project, [_LANGCHAIN[2]])
    store.command("INSERT INTO span SELECT * REPLACE (stored_at - 3600 AS stored_at) FROM span")
    for table in ("span", "span_preview"):
        store.command(f"DELETE FROM {table} WHERE stored_at > now64(6) - 1800")
    put(store, project, _LANGCHAIN[:2])
    assert Pair().run(project, ["a"]) == {"set_aside": 1}
    (age,) = rows("SELECT now64(6) - max(stored_at) FROM span WHERE span_id = 'b1'")[0]
    assert 0 < float(age) < OVERLAP.total_seconds()
    assert _counting(rows) == {"a2"}


def test_other_projects_and_long_gone_calls_stay_as_they_are(project: int, store: Store, rows: Ask) -> None:
    """The same spans of another project; and a call that began before what is looked through."""
    other = Project.objects.create(name="Other", slug="other-one").pk
    put(store, other, [_LANGCHAIN[2]])
    put(store, project, _LANGCHAIN[:2])
    assert Pair().run(project, ["a", "b"]) == {"set_aside": 0}
    long_s = alike.LONGEST_NS / _SECOND_NS
    put(store, project, [_call("d2", 0, long_s + 60, "d1", _OUTER), _call("e1", long_s + 10, long_s + 20)])
    assert Pair().run(project, ["e"]) == {"set_aside": 0}
    assert Pair().run(project, ["d"]) == {"set_aside": 1}, "looked at from the longer one, however long it was"
