"""References stand in text and are found again; what clients write into them breaks nothing."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.attachments.reference import (
    SHORT,
    Reference,
    key_of_langfuse,
    langfuse_id,
    reference_of,
    references,
    without_references,
)

KEY = hashlib.sha256(b"x").hexdigest()


@given(st.text(max_size=120), st.text(max_size=120), st.none() | st.integers(0, 10**12))
def test_a_reference_is_read_as_it_was_written(media_type: str, name: str, size: int | None) -> None:
    """Whatever a client calls its file, the text needs no escape in JSON however deep, and says the same."""
    wrote = Reference(KEY, media_type, size, name)
    try:
        text = str(wrote)
    except UnicodeEncodeError:
        return
    assert json.dumps(json.dumps(text)) == f'"\\"{text}\\""'
    found = reference_of(text)
    assert found is not None
    assert (found.key, found.size) == (KEY, wrote.size)
    assert list(references(f"see {text} there")) == [found]


def test_a_name_survives() -> None:
    """With its spaces and letters."""
    wrote = Reference(KEY, "image/png", 5, 'böse "<x>.png')
    assert reference_of(str(wrote)) == wrote


def test_the_id_of_langfuse_is_the_beginning_of_the_hash() -> None:
    """So its media API needs no table of its own."""
    for number in range(50):
        key = hashlib.sha256(str(number).encode()).hexdigest()
        assert key_of_langfuse(langfuse_id(key)) == key[:SHORT]


def test_what_langfuse_writes_is_a_reference() -> None:
    """Its SDKs put the file elsewhere and write this into the message."""
    text = f"@@@langfuseMedia:type=image/png|id={langfuse_id(KEY)}|source=base64_data_uri@@@"
    assert list(references(f"a {text} b")) == [Reference(KEY[:SHORT], "image/png")]
    assert without_references(f"a {text} b") == "a [image/png] b"


@pytest.mark.parametrize(
    "text",
    [
        "attachment:abc?type=x",
        f"attachment:{KEY}",
        f"attachment:{KEY.upper()}?size=1",
        "@@@langfuseMedia:type=x@@@",
        "",
    ],
)
def test_what_only_looks_like_one_is_text(text: str) -> None:
    """And stays as it is."""
    assert list(references(text)) == []
    assert without_references(text) == text
