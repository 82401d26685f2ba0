"""The merger: no trace waits behind a broken one, nothing told is hidden for ever, and refusals are counted."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from backend.errors import QueryTooHeavy
from backend.store.client import Store
from backend.store.parts import part_rows
from backend.store.query import Query
from backend.store.spool import Spool
from backend.store.writer import Writer
from backend.telemetry.part import WirePart
from backend.telemetry.span import Span
from ingest import counters
from ingest.otlp.log_records import LogRecord
from ingest.wire import langfuse, opik, otlp_content
from ingest.wire.merging import READERS, Merger

_numbers = itertools.count(7_000)


@dataclass(frozen=True, slots=True)
class _Row:
    span_id: str
    name: str
    output_text: str
    max_tokens: int
    time_note: str
    start_ns: int


_SPANS = Query(
    "test_merged_spans",
    "SELECT span_id, name, output_text, max_tokens, time_note, toInt64(toUnixTimestamp64Nano(start_time)) AS start_ns"
    " FROM span FINAL WHERE project_id = {project_id:UInt32} ORDER BY span_id, start_time",
    _Row,
)


@dataclass(frozen=True, slots=True)
class _Asked:
    span_id: str
    input_text: str


_ASKED = Query(
    "test_merged_questions",
    "SELECT span_id, input_text FROM span FINAL WHERE project_id = {project_id:UInt32} ORDER BY trace_id",
    _Asked,
)


@pytest.fixture
def writer(store: Store, tmp_path: Path) -> Iterator[Writer]:
    """A writer of this test's own."""
    own = Writer(store, Spool(tmp_path / "spool", 64)).start()
    yield own
    own.close()


@pytest.fixture
def project() -> int:
    """A project of this test's own: the session's web server merges too, perhaps after a test has ended."""
    return next(_numbers)


def _merger(store: Store, writer: Writer, folder: Path, grace_s: float = 3600) -> Merger:
    return Merger(store, writer, folder / "merging", grace_s=grace_s)


def _tell(writer: Writer, project: int, *parts: WirePart | None) -> None:
    writer.submit(part_rows(project, [part for part in parts if part is not None])).result(30)


def _observation(item_id: str, trace_id: str = "t", event_id: str = "", **body: Any) -> WirePart | None:
    event = {"id": event_id or f"e-{item_id}", "type": "generation-create", "timestamp": "2026-11-22T17:00:00Z"}
    return langfuse.part_of({**event, "body": {"id": item_id, "traceId": trace_id, **body}}, time.time_ns())


def test_a_trace_that_cannot_be_read_holds_up_no_other(
    store: Store, writer: Writer, tmp_path: Path, project: int
) -> None:
    """It is counted, and those behind it are stored in the same run."""

    def broken(trace_id: str, items: Any) -> list[Any]:
        raise TypeError("a reader's mistake")

    bad = WirePart(api="broken", trace_id="b", item_id="i", kind="span", part_id="p", sent_at=1, body="{}")
    with patch.dict(READERS, {"broken": broken}):
        _tell(writer, project, bad)
        time.sleep(0.01)
        _tell(writer, project, _observation("o", name="fine", startTime="2026-11-22T17:00:00Z"))
        before = counters.snapshot().get(_refused("broken", "of a trace that cannot be read"), 0)
        assert _merger(store, writer, tmp_path).run() == 1
    assert [row.name for row in store.fetch(_SPANS, project_id=project)] == ["fine"]
    assert counters.snapshot()[_refused("broken", "of a trace that cannot be read")] == before + 1


def _refused(api: str, reason: str) -> str:
    return f'assay_ingest_spans_refused_total{{protocol="{api}",reason="{reason}"}}'


@pytest.mark.parametrize("asked", [-1, "-7", 1e30, "Infinity", 2**70, None, [5], 0.5, True])
def test_an_absurd_limit_of_tokens_loses_no_span(
    store: Store, writer: Writer, tmp_path: Path, project: int, asked: Any
) -> None:
    """What was answered with success is shown, with no limit instead of one that cannot be."""
    _tell(writer, project, _observation("o", startTime="2026-11-22T17:00:00Z", modelParameters={"max_tokens": asked}))
    _merger(store, writer, tmp_path).run()
    assert [(row.span_id, row.max_tokens) for row in store.fetch(_SPANS, project_id=project)] == [("o", 0)]


def test_spans_that_are_refused_are_counted(store: Store, writer: Writer, tmp_path: Path, project: int) -> None:
    """An item whose id is all zeros names nothing; the reason shows in the counters."""
    name = _refused("langfuse", "with a missing or all-zero span id")
    before = counters.snapshot().get(name, 0)
    _tell(writer, project, _observation("000", startTime="2026-11-22T17:00:00Z"))
    assert _merger(store, writer, tmp_path).run() == 0
    assert counters.snapshot()[name] == before + 1


def test_a_step_without_a_beginning_is_shown_after_a_while(
    store: Store, writer: Writer, tmp_path: Path, project: int
) -> None:
    """The first that was told stands in for it, and a beginning that comes after all makes no second span."""
    end = "2026-11-22T17:00:05Z"
    _tell(
        writer,
        project,
        opik.part_of({"id": "x", "end_time": end, "output": {"output": "late"}}, "trace", time.time_ns()),
    )
    assert _merger(store, writer, tmp_path).run() == 0
    merger = _merger(store, writer, tmp_path, grace_s=0.2)
    time.sleep(0.3)
    assert merger.run() == 1
    shown = store.fetch(_SPANS, project_id=project)
    assert [(row.output_text, bool(row.time_note)) for row in shown] == [("late", True)]
    begun = {"id": "x", "name": "first", "start_time": "2026-11-22T17:00:00Z", "input": {"input": "early"}}
    _tell(writer, project, opik.part_of(begun, "trace", time.time_ns()))
    merger.run()
    rows = store.fetch(_SPANS, project_id=project)
    assert [(row.name, row.output_text, row.start_ns) for row in rows] == [("first", "late", shown[0].start_ns)]


def test_a_lost_cursor_changes_nothing(store: Store, writer: Writer, tmp_path: Path, project: int) -> None:
    """All is merged once more into the same rows."""
    _tell(writer, project, _observation("o", name="a", startTime="2026-11-22T17:00:00Z"))
    _tell(writer, project, _observation("o", event_id="e2", endTime="2026-11-22T17:00:02Z", output="done"))
    _merger(store, writer, tmp_path).run()
    once = store.fetch(_SPANS, project_id=project)
    assert _merger(store, writer, tmp_path / "elsewhere").run() == 1
    assert store.fetch(_SPANS, project_id=project) == once
    assert [(row.name, row.output_text) for row in once] == [("a", "done")]


def _bare(span_id: str, trace_id: str = "a1" * 16) -> list[WirePart]:
    """The part of a model's span without messages."""
    span = Span(trace_id=trace_id, span_id=span_id, name="chat", operation="chat", vocabulary="otel_genai",
                start_time=10**18, end_time=10**18 + 1)  # fmt: skip
    return otlp_content.bare_spans([span])


def _record(span_id: str, trace_id: str = "a1" * 16) -> WirePart:
    record = LogRecord(
        trace_id=trace_id, span_id=span_id, time=5, event="gen_ai.user.message", body={"content": "why?"}, attributes={}
    )
    return otlp_content.part_of(record, 0)


def test_bare_spans_without_records_are_not_read(store: Store, writer: Writer, tmp_path: Path, project: int) -> None:
    """Agents' spans often have no messages; where nobody sends records their parts cost no question each."""
    merger = _merger(store, writer, tmp_path)
    merger.run()
    for number in range(30):
        _tell(writer, project, *_bare("b2" * 8, f"{number:032x}"))
    names = []
    fetch = Store.fetch

    def counted(self: Store, query: Query[Any], **asked: Any) -> list[Any]:
        names.append(query.name)
        return fetch(self, query, **asked)

    with patch.object(Store, "fetch", counted):
        assert merger.run() == 0
    assert "wire_parts" not in names


@pytest.mark.parametrize("order", ["record first", "span first", "after a restart"])
def test_a_record_fills_its_bare_span_in_any_order(
    store: Store, writer: Writer, tmp_path: Path, project: int, order: str
) -> None:
    """Whichever is told first, in the first trace of a project with records and in those after it."""
    merger = _merger(store, writer, tmp_path)
    for trace in ("a1" * 16, "a2" * 16):
        told = [_record("b2" * 8, trace), *_bare("b2" * 8, trace)]
        for part in reversed(told) if order == "span first" else told:
            _tell(writer, project, part)
            merger.run()
            if order == "after a restart":
                merger = _merger(store, writer, tmp_path / trace)
    rows = store.fetch(_ASKED, project_id=project)
    assert [(row.span_id, row.input_text) for row in rows] == [("b2" * 8, "why?")] * 2


def test_parts_too_many_to_read_at_once_are_read_in_halves(
    store: Store, writer: Writer, tmp_path: Path, project: int
) -> None:
    """One trace that is too large for itself is counted and holds up no other."""
    fetch = Store.fetch

    def narrow(self: Store, query: Query[Any], **asked: Any) -> list[Any]:
        if query.name == "wire_parts" and (len(asked["traces"]) > 1 or asked["traces"] == ["t2"]):
            raise QueryTooHeavy("too many rows")
        return fetch(self, query, **asked)

    told = [_observation(f"o{n}", f"t{n}", startTime="2026-11-22T17:00:00Z") for n in range(4)]
    _tell(writer, project, *told)
    name = _refused("langfuse", "of a trace too large to be read")
    before = counters.snapshot().get(name, 0)
    with patch.object(Store, "fetch", narrow):
        assert _merger(store, writer, tmp_path).run() == 3
    # The session's web server, which reads all, may have stored the one that is too large here.
    assert {row.span_id for row in store.fetch(_SPANS, project_id=project)} >= {"o0", "o1", "o3"}
    assert counters.snapshot()[name] == before + 1
