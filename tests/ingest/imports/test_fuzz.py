"""No record of a file, however broken, does more than be passed over with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.errors import AssayError
from ingest.imports.record import record_of, times_of
from ingest.imports.records import CONVERSATIONS, forms
from ingest.imports.spans import spans_of
from ingest.protocols.base import Decoded
from tests.ingest.fuzzed import ROUNDS, bent, damaged, stored
from tests.ingest.imports.test_forms import EVENT, FRAME, LANGFUSE, LANGSMITH, PHOENIX
from tests.ingest.payloads import FOLDER, plain

CONVERSATION = {
    "kind": "conversation", "conversation_id": "c1", "id": "r1", "source": "shop", "app": "orders", "user_id": "u1",
    "labels": {"solved": True}, "meta": {"model": "gpt-4o-mini"}, "turns": [
        {"role": "system", "content": "Be kind"},
        {"role": "user", "content": "where?", "timestamp": "2026-11-22T17:00:00Z", "rating": 4},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "t1", "name": "look", "arguments": {"n": 1}}]},
        {"role": "tool", "content": "on its way", "tool_call_id": "t1", "name": "look"},
        {"role": "assistant", "content": "here", "timestamp": 1_795_400_000.5},
    ],
}  # fmt: skip
ANNOTATION = {
    "id": "a1", "name": "good", "annotator_kind": "HUMAN", "span_id": "b" * 16, "trace_id": "a" * 32,
    "result": {"score": 1, "label": "yes", "explanation": "it is"}, "updated_at": "2026-11-22T17:00:00Z",
}  # fmt: skip
DUMP = json.loads(plain(FOLDER / "otel_genai/messages.json")[0])
PROTOBUF = plain(FOLDER / "openinference/openai.protobuf")[0]
RECORDS: dict[str, dict[str, Any]] = {
    "langfuse": LANGFUSE, "langsmith": LANGSMITH, "phoenix": PHOENIX, "phoenix frame": FRAME,
    "phoenix annotation": ANNOTATION, "events": EVENT, "otlp": DUMP, CONVERSATIONS: CONVERSATION,
}  # fmt: skip
RANGE_NS = (1_790_000_000 * 10**9, 1_790_500_000 * 10**9)


def read(form: str, record: bytes) -> Decoded:
    """What a record of a form holds."""
    if form == CONVERSATIONS:
        found = record_of(record)
        return Decoded(spans_of(found, *times_of(found, *RANGE_NS)))
    return forms()[form].decoded(record)


def take(form: str, record: bytes) -> None:
    """Read a record; only our own errors may come out."""
    try:
        told = json.loads(record)
    except (ValueError, RecursionError):
        told = None
    for known in forms().values() if isinstance(told, dict) else ():
        known.knows(told)
    try:
        decoded = read(form.partition(" ")[0], record)
    except AssayError as refused:
        assert 400 <= refused.status < 500
        assert str(refused)
    else:
        stored(decoded)


@pytest.mark.parametrize("form", RECORDS)
@ROUNDS
@given(data=some.data())
def test_a_damaged_record_is_refused_or_read(form: str, data: some.DataObject) -> None:
    """Bytes changed, cut out or put in."""
    take(form, damaged(json.dumps(RECORDS[form]).encode(), data))


@pytest.mark.parametrize("form", RECORDS)
@ROUNDS
@given(data=some.data())
def test_any_value_at_any_place_is_refused_or_read(form: str, data: some.DataObject) -> None:
    """What an export has where another kind of value belongs."""
    take(form, bent(RECORDS[form], data))


@ROUNDS
@given(data=some.data())
def test_a_damaged_message_is_refused_or_read(data: some.DataObject) -> None:
    """The same of a request in protobuf, whose signal nothing says."""
    take("otlp-protobuf", damaged(PROTOBUF, data))


@pytest.mark.parametrize("form", sorted({*forms(), CONVERSATIONS}))
@ROUNDS
@given(record=some.binary(max_size=200))
def test_noise_is_refused_or_read(form: str, record: bytes) -> None:
    """Random bytes."""
    take(form, record)


@pytest.mark.parametrize("form", sorted({*forms(), CONVERSATIONS}))
@pytest.mark.parametrize("depth", [200, 480, 900, 100_000])
@pytest.mark.parametrize(
    "nest",
    [("[", "]"), ('{"a":', "}"), ('{"trace":', "}"), ('{"id":"a","run_type":"x","child_runs":[', "]}")],
    ids=["lists", "objects", "traces", "runs"],
)
def test_deep_records_are_refused_or_read(form: str, depth: int, nest: tuple[str, str]) -> None:
    """Values in values, until a reader gives up."""
    opens, closes = nest
    for inner in ("", "{}"):
        take(form, (opens * depth + inner + closes * depth).encode())
        take(form, ('{"id": "a", "attributes": ' + opens * depth + inner + closes * depth + "}").encode())
