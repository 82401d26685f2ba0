"""What is stored is read, or cannot be read; nothing that a client nests ends who reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from backend.telemetry.message import load_documents, load_messages
from backend.telemetry.stored import reader_of, stored_value

READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "value": (stored_value, "{}"),
    "list": (reader_of(list[dict[str, Any]]), '[{{"a":{}}}]'),
    "messages": (load_messages, '[{{"role":"user","parts":[{{"type":"tool_call","name":"f","arguments":{}}}]}}]'),
    "documents": (load_documents, '[{{"id":"d","content":"c","metadata":{{"a":{}}}}}]'),
}


def _deep(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("name", READERS)
def test_a_usual_depth_is_read(name: str) -> None:
    """No application nests two hundred values."""
    read, form = READERS[name]
    assert read(form.format(_deep(200)))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("depth", [700, 800, 900, 970, 5000, 100_000])
def test_what_is_read_can_be_written(name: str, depth: int) -> None:
    """At any depth it is either refused as broken JSON is, or who has it can go through it and write it."""
    read, form = READERS[name]
    try:
        found = read(form.format(_deep(depth)))
    except msgspec.MsgspecError as fault:
        assert "nested too deeply" in str(fault)
    else:
        assert msgspec.json.encode(found)


@pytest.mark.parametrize("name", READERS)
def test_broken_json_cannot_be_read(name: str) -> None:
    """As msgspec says it."""
    with pytest.raises(msgspec.MsgspecError, match=r"truncated|malformed"):
        READERS[name][0]("[")
