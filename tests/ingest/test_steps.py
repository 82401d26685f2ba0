"""Each step does its one thing, and leaves a good span alone."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from backend.env import env
from backend.store.rows import span_rows
from backend.telemetry.message import load_messages
from backend.telemetry.span import Span
from ingest import steps

NOW = time.time_ns()


def _span(**fields: Any) -> Span:
    given = {"trace_id": "a" * 32, "span_id": "b" * 16, "name": "n", "start_time": NOW, "end_time": NOW, **fields}
    return Span(**{"protocol": "otlp_http", **given})


def test_a_good_span_passes_untouched() -> None:
    """What needs no mending is the very same span afterwards."""
    span = _span()
    kept, refused = steps.run([span])
    assert kept[0] is span
    assert refused == []


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("trace_id", "", "missing or all-zero trace id"),
        ("trace_id", "0" * 32, "missing or all-zero trace id"),
        ("trace_id", "a" * 31, "not 16 bytes"),
        ("trace_id", "g" * 32, "not 16 bytes"),
        ("span_id", "", "missing or all-zero span id"),
        ("span_id", "0" * 16, "missing or all-zero span id"),
        ("span_id", "b" * 32, "not 8 bytes"),
    ],
)
def test_a_span_without_ids_is_refused_with_its_reason(field: str, value: str, reason: str) -> None:
    """Broken ids are counted by reason, and the good span beside them is kept."""
    kept, refused = steps.run([_span(**{field: value}), _span(), _span(**{field: value})])
    assert len(kept) == 1
    assert [count for text, count in refused if reason in text] == [2]


def test_other_protocols_may_name_spans_freely() -> None:
    """Only OTLP fixes the form of ids."""
    assert len(steps.run([_span(protocol="other", trace_id="trace-0", span_id="x")])[0]) == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, NOW), (0, 0), (NOW, NOW - 5_000_000_000), (10**9, 2 * 10**9), (2**63 - 1, 2**63 - 1),
        (NOW, 2**63 - 1), (NOW + 90 * 24 * 3600 * 10**9, NOW), (2**64 - 1, 0), (NOW, 0),
    ],
    ids=[f"case {place}" for place in range(9)],  # no moment in a name: two workers must agree on it
)  # fmt: skip
def test_absurd_times_are_bounded_and_said(start: int, end: int) -> None:
    """Times come into 2015 .. tomorrow, in order, and the note keeps what was sent."""
    span = steps.put_bounded_times(_span(start_time=start, end_time=end))
    assert steps.FIRST_NS <= span.start_time <= span.end_time <= time.time_ns() + steps.DAY_NS
    assert str(start) in span.time_note or str(end) in span.time_note
    assert steps.put_bounded_times(_span(start_time=start, end_time=end)) == span


def test_too_many_attributes_are_left_out_and_counted() -> None:
    """A span keeps as many attributes as the setting says, and a mark with the number of the others."""
    limit = env().ingest_attribute_limit
    span = steps.put_bounded_attributes(_span(attributes={str(number): "v" for number in range(limit + 50)}))
    assert len(span.attributes) == limit + 1
    assert span.attributes[steps.LEFT_OUT] == "50"


@pytest.mark.parametrize("text", ["a\x00b", "half \ud83d here", "\udc00"])
def test_text_that_cannot_be_stored_is_mended(text: str) -> None:
    """NUL and lone surrogates become U+FFFD wherever they stand; what is around them stays."""
    span = _span(name=text, tags=(text,), attributes={text: text, "other": "😀"}, input_text=text)
    (clean,), _ = steps.run([span])
    encoded = msgspec.json.encode(clean)
    assert b"\\u0000" not in encoded
    assert clean.name == clean.tags[0] == clean.input_text
    assert "\ufffd" in clean.name
    assert clean.attributes["other"] == "😀"


@pytest.mark.parametrize("text", ["a\x00b", "half \ud83d here", "\udc00"])
def test_a_request_is_mended_where_its_rows_are_written(text: str) -> None:
    """A request that is kept as sent is encoded once: what cannot be stored is found there, and only that is mended."""
    (bad, good), _ = steps.run(
        [_span(name=text, input_text=text), _span(input_text="write \\u0000 in C 😀")], mends=False
    )
    assert bad.name == text
    rows = steps.mended_rows(7, [bad, good])
    first, second = (msgspec.json.decode(line) for line in rows.text.splitlines())
    assert steps.run([bad])[0][0].name in first
    assert not any(isinstance(value, str) and text in value for value in first)
    assert "write \\u0000 in C 😀" in second
    assert steps.mended_rows(7, [good]).text == span_rows(7, [good]).text


def test_escapes_in_stored_json_are_mended() -> None:
    """NUL as an escape inside messages does not come to life when they are read; the same letters in text stay."""
    messages = '[{"role":"user","parts":[{"type":"text","content":"a\\u0000b"}]}]'
    (clean,), _ = steps.run([_span(input_messages=messages, input_text="write \\u0000 in C")])
    assert load_messages(clean.input_messages)[0].parts[0].content == "a\ufffdb"
    assert clean.input_text == "write \\u0000 in C"


def test_only_metered_operations_cost() -> None:
    """A priced model has a cost at a chat, and none where an agent repeats its children's numbers."""
    chat = {"request_model": "gpt-4o-mini", "uncached_input_tokens": 1_000_000}
    assert steps.put_cost(_span(operation="chat", **chat)).cost_usd == pytest.approx(0.15)
    assert steps.put_cost(_span(operation="invoke_agent", **chat)).cost_usd is None


def test_a_nameless_span_is_named_after_its_operation() -> None:
    """Lists never show an empty name."""
    assert steps.put_defaults(_span(name="", operation="chat")).name == "chat"
    assert steps.put_defaults(_span(name="")).name == "unnamed"
