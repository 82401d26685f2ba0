"""Spans that come again are known by their ids and times, within bounded memory."""

from __future__ import annotations

import msgspec

from backend.telemetry.span import Span
from ingest.resends import Resends, marks_of


def _span(number: int, **fields: object) -> Span:
    values = {"trace_id": f"{number:032x}", "span_id": f"{number:016x}", "name": "n", "start_time": 1, "end_time": 2}
    return Span(**{**values, **fields})  # type: ignore[arg-type]  # what each test says


def test_the_same_spans_are_known_the_second_time() -> None:
    """In any company; the first time none is."""
    resends, spans = Resends(), [_span(number) for number in range(100)]
    assert resends.note(marks_of(1, spans)) == 0
    assert resends.note(marks_of(1, spans)) == 100
    assert resends.note(marks_of(1, [*spans[50:], _span(1000)])) == 50


def test_a_span_that_was_changed_or_is_anothers_is_new() -> None:
    """An update is no resend, and ids of one project mean nothing in the other."""
    resends, span = Resends(), _span(1)
    resends.note(marks_of(1, [span]))
    changed = [msgspec.structs.replace(span, end_time=3), msgspec.structs.replace(span, status="error")]
    assert resends.note(marks_of(1, changed)) == 0
    assert resends.note(marks_of(2, [span])) == 0


def test_two_of_one_request_are_one_and_its_resend() -> None:
    """Exporters that lose track send a span twice in one body."""
    assert Resends().note(marks_of(1, [_span(1), _span(1)])) == 1


def test_memory_is_bounded_and_only_old_spans_are_forgotten() -> None:
    """Of as many as there are places, one in e is found; of the last few, nearly all."""
    resends = Resends(2**12)
    first = marks_of(1, [_span(number) for number in range(2**12)])
    resends.note(first)
    assert 0.32 < resends.note(first) / 2**12 < 0.42
    last = marks_of(1, [_span(number) for number in range(10**6, 10**6 + 40)])
    resends.note(last)
    assert resends.note(last) >= 38


def test_what_is_unknown_is_told_without_being_remembered() -> None:
    """Limits ask before anything is safe."""
    resends, marks = Resends(), marks_of(1, [_span(1), _span(2)])
    assert (resends.unknown(marks), resends.unknown(marks)) == (2, 2)
    resends.note(marks[:1])
    assert resends.unknown(marks) == 1
