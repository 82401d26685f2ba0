"""No record of an exported file, however broken, does more than be passed over with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.errors import AssayError
from ingest.imports.records import forms
from tests.ingest.fuzzed import ROUNDS, bent, damaged, stored
from tests.ingest.imports.test_forms import EVENT, FRAME, LANGFUSE, LANGSMITH, PHOENIX

RECORDS = {"langfuse": LANGFUSE, "langsmith": LANGSMITH, "phoenix": PHOENIX, "frame": FRAME, "events": EVENT}


def take(form: str, record: bytes) -> None:
    """Read a record; only our own errors may come out."""
    reader = forms()[form.replace("frame", "phoenix")]
    try:
        told = json.loads(record)
    except ValueError:
        told = None
    if isinstance(told, dict):
        reader.knows(told)
    try:
        decoded = reader.decoded(record)
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
    record: Any = RECORDS[form]
    take(form, bent(record, data))
