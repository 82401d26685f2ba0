"""A conversation from a file becomes traces: one an exchange, with its model calls and tools."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend.errors import BadRequest
from backend.telemetry import operation as op
from backend.telemetry.message import load_messages
from backend.telemetry.span import Span
from ingest import steps
from ingest.imports.record import OtherKind, record_of, times_of
from ingest.imports.spans import spans_of

DAY = 24 * 3600 * 10**9
START = 1_790_000_000 * 10**9
TURNS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Where is my parcel?"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "name": "track", "arguments": {"order": 7}}]},
    {"role": "tool", "tool_call_id": "c1", "name": "track", "content": '{"status":"on its way"}'},
    {"role": "assistant", "content": "On its way.", "turn_rating": 4},
    {"role": "user", "content": "Thanks!"},
    {"role": "assistant", "content": "You are welcome."},
]


def _line(**fields: Any) -> bytes:
    record = {"id": "r1", "kind": "conversation", "source": "own", "conversation_id": "c-1", "app": "shop",
              "user_id": "u1", "turns": TURNS, "labels": {"good": True}, "meta": {"model": "gpt-4o"}}  # fmt: skip
    return json.dumps({**record, **fields}).encode()


def _spans(line: bytes, start: int | None = START, end: int | None = START + DAY) -> list[Span]:
    record = record_of(line)
    return spans_of(record, *times_of(record, start, end))


def test_each_exchange_is_a_trace() -> None:
    """A user's message after an answer begins the next trace; both belong to the conversation."""
    spans = _spans(_line())
    assert [(span.operation, span.parent_span_id == "") for span in spans] == [
        (op.INVOKE_AGENT, True), (op.CHAT, False), (op.EXECUTE_TOOL, False), (op.CHAT, False),
        (op.INVOKE_AGENT, True), (op.CHAT, False),
    ]  # fmt: skip
    assert len({span.trace_id for span in spans}) == 2
    assert {span.conversation_id for span in spans} == {"c-1"}
    assert {span.user_id for span in spans} == {"u1"}


def test_content_is_in_its_places() -> None:
    """Roots say what was asked and answered, chats hold the history, tools their arguments and results."""
    root, call, tool, answer, second, _ = _spans(_line())
    assert (root.input_text, root.output_text) == ("Where is my parcel?", "On its way.")
    assert (second.input_text, second.output_text) == ("Thanks!", "You are welcome.")
    assert [message.role for message in load_messages(answer.input_messages)] == ["system", "user", "assistant", "tool"]
    assert load_messages(call.output_messages)[0].parts[0].arguments == {"order": 7}
    assert (call.finish_reasons, answer.finish_reasons) == (("tool_calls",), ("stop",))
    assert (tool.tool_name, tool.tool_arguments, tool.tool_call_id) == ("track", '{"order":7}', "c1")
    assert tool.tool_result == '{"status":"on its way"}'
    assert answer.request_model == "gpt-4o"


def test_labels_are_kept() -> None:
    """What a line says of the conversation and of its turns stays with the root of the trace."""
    attributes = _spans(_line())[0].attributes
    assert attributes["labels.good"] == "true"
    assert attributes["meta.model"] == "gpt-4o"
    assert attributes["assistant.turn_rating"] == "4"
    assert attributes["import.times"] == "synthetic"


def test_a_second_import_gives_the_same_spans() -> None:
    """Ids and synthetic times follow from the conversation, so nothing doubles; another conversation has others."""
    assert _spans(_line()) == _spans(_line())
    other = {span.trace_id for span in _spans(_line(conversation_id="c-2"))}
    assert not other & {span.trace_id for span in _spans(_line())}


def test_spans_pass_the_steps_untouched() -> None:
    """Imported spans have good ids, names and times."""
    spans = _spans(_line())
    assert steps.run(spans) == (spans, [])


def test_real_times_are_kept() -> None:
    """Where turns have times those are used, and what has none is placed around them in order."""
    turns = [dict(turn) for turn in TURNS]
    turns[4]["timestamp"] = "2026-05-01T10:00:00+00:00"
    spans = _spans(_line(turns=turns), None, None)
    answered = 1_777_629_600 * 10**9
    assert spans[3].end_time == answered
    assert spans[0].start_time < answered < spans[4].end_time
    assert all(span.start_time <= span.end_time for span in spans)
    assert spans[0].attributes["import.times"] == "partly real"


def test_times_never_run_backwards() -> None:
    """Turns that are written in a wrong order of times do not give negative durations."""
    turns = [{**turn, "timestamp": 1_790_000_000.0 - place} for place, turn in enumerate(TURNS)]
    assert all(span.start_time <= span.end_time for span in _spans(_line(turns=turns)))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "no JSON"), (b"[]", "no JSON object"), (_line(turns=[]), "no turns"),
        (_line(turns=[{"role": "robot", "content": "x"}]), r"\$\.turns\[0\]\.role"),
        (_line(turns="x"), "turns"), (_line(conversation_id=""), "conversation_id"),
        (b'{"turns": []}', "conversation_id"),
        (_line(turns=[{"role": "user", "content": "x", "timestamp": "yesterday"}]), "yesterday"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named(line: bytes, reason: str) -> None:
    """What cannot be read says why and where."""
    with pytest.raises(BadRequest, match=reason):
        _spans(line)


def test_without_any_time_a_range_is_asked_for() -> None:
    """No time is made up unless the user says from when to when."""
    with pytest.raises(BadRequest, match="--start and --end"):
        _spans(_line(), None, None)


def test_other_kinds_are_told_apart() -> None:
    """A line of another data set is not called broken."""
    with pytest.raises(OtherKind):
        record_of(_line(kind="rag"))
