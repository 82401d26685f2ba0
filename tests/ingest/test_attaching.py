"""Files in base64 go aside in every form that clients send; everything else in a row stays as it is, byte by byte."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.attachments.reference import reference_of, references
from backend.store.rows import Rows, span_rows
from backend.telemetry.message import dump, load_messages
from backend.telemetry.span import Span
from ingest.attaching import MOST, SHORTEST, put_aside
from ingest.mapping.messages import lenient_messages
from tests.backend.attachments.pictures import base64_of, png, wav
from tests.pace import cpu_within

PNG, WAV = png(), wav()
PDF = b"%PDF-1.7 " + bytes(range(256)) * 8
_URL = "data:image/png;base64," + base64_of(PNG)
_SAFE = base64.urlsafe_b64encode(PNG).decode()

FORMS: dict[str, tuple[dict[str, Any], bytes, str]] = {
    "openai": ({"type": "image_url", "image_url": {"url": _URL, "detail": "low"}}, PNG, "image/png"),
    "openai responses": ({"type": "input_image", "image_url": _URL}, PNG, "image/png"),
    "openai audio": (
        {"type": "input_audio", "input_audio": {"data": base64_of(WAV), "format": "wav"}},
        WAV,
        "audio/wav",
    ),
    "openai file": (
        {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{base64_of(PDF)}"}},
        PDF,
        "application/pdf",
    ),
    "anthropic": (
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": base64_of(PNG)}},
        PNG,
        "image/png",
    ),
    "anthropic document": (
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": base64_of(PDF)}},
        PDF,
        "application/pdf",
    ),
    "gemini": ({"inline_data": {"mime_type": "image/png", "data": _SAFE}}, PNG, "image/png"),
    "gemini rest": ({"inlineData": {"data": base64_of(PNG), "mimeType": "image/png"}}, PNG, "image/png"),
    "otel": (
        {"type": "blob", "mime_type": "image/png", "modality": "image", "content": base64_of(PNG)},
        PNG,
        "image/png",
    ),
    "vercel image": ({"type": "image", "image": base64_of(PNG), "mimeType": "image/png"}, PNG, "image/png"),
    "vercel file": ({"type": "file", "data": base64_of(PNG), "mediaType": "image/png"}, PNG, "image/png"),
    "openinference": (
        {"message_content": {"type": "image", "image": {"image": {"url": _URL}}}},
        PNG,
        "image/png",
    ),
}  # fmt: skip


def _aside(span: Span) -> tuple[dict[str, Any], dict[str, bytes]]:
    rows, attachments = put_aside(span_rows(1, [span]))
    return dict(zip(rows.columns, json.loads(rows.text), strict=True)), {one.key: one.content for one in attachments}


def _span(**fields: Any) -> Span:
    return Span(trace_id="a" * 32, span_id="b" * 16, start_time=10**18, end_time=10**18, **fields)


@pytest.mark.parametrize("form", FORMS)
def test_each_providers_form_goes_aside(form: str) -> None:
    """What is kept are the bytes the client had, and the message says what stood there."""
    part, content, media_type = FORMS[form]
    messages = lenient_messages(
        json.dumps([{"role": "user", "content": [part, {"type": "text", "text": "look"}]}]), "user"
    )
    row, kept = _aside(_span(input_messages=dump(messages)))
    assert list(kept.values()) == [content]
    read, text = load_messages(row["input_messages"])[0].parts
    found = reference_of(read.content)
    assert found is not None
    assert (found.key, found.size) == (next(iter(kept)), len(content))
    assert (read.type, read.mime_type, text.content) == ("blob", media_type, "look")
    assert found.media_type == media_type


@pytest.mark.parametrize("form", FORMS)
def test_it_goes_aside_from_json_in_json_in_an_attribute_too(form: str) -> None:
    """Where nothing was mapped."""
    part, content, _ = FORMS[form]
    row, kept = _aside(_span(attributes={"raw": json.dumps({"request": json.dumps([part])})}))
    assert list(kept.values()) == [content]
    inner = json.loads(json.loads(row["attributes"]["raw"])["request"])
    assert len(list(references(json.dumps(inner)))) == 1


def test_the_same_file_is_kept_once() -> None:
    """Agents send it again with every call."""
    row, kept = _aside(_span(input_text=f"a {_URL} b {_URL} c", attributes={"x": _URL}))
    assert list(kept.values()) == [PNG]
    assert row["input_text"].count("attachment:") == 2
    assert row["input_text"].startswith("a attachment:")
    assert row["input_text"].endswith(" c")


_STAYS = {
    "too short": "data:image/png;base64," + base64_of(PNG[:300]),
    "broken": '{"type":"blob","content":"' + "A" * (SHORTEST + 1) + '"}',
    "a word": "a" * 5000,
    "a line": "-" * 3000,
    "no base64": "data:text/plain," + "x" * 3000,
    "hexadecimal": json.dumps({"digest": PNG.hex()}),
    "a signature nobody calls a file": json.dumps({"signature": base64_of(bytes(range(251)) * 8)}),
    "text that is no string of its own": f"token {base64_of(PNG)} end",
}


@pytest.mark.parametrize("case", _STAYS)
def test_what_is_no_file_stays(case: str) -> None:
    """Byte by byte."""
    row, kept = _aside(_span(input_text=_STAYS[case]))
    assert kept == {}
    assert row["input_text"] == _STAYS[case]


def test_what_is_declared_wrongly_keeps_its_bytes() -> None:
    """A script that calls itself a picture is kept; the page that serves it looks at the bytes."""
    script = b"<script>alert(1)</script>" * 60
    row, kept = _aside(_span(input_text="data:image/png;base64," + base64_of(script)))
    assert list(kept.values()) == [script]
    assert next(references(row["input_text"])).media_type == "image/png"


def test_thousands_of_pictures_are_bounded() -> None:
    """So many go aside; the rest is stored in its message, and none is lost."""
    pictures = [png(seed, 18) for seed in range(MOST + 40)]
    text = " ".join("data:image/png;base64," + base64_of(one) for one in pictures)
    row, kept = _aside(_span(input_text=text))
    assert len(kept) == MOST
    assert row["input_text"].count("data:image/png;base64,") == 40


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=30), st.sampled_from([_URL, base64_of(PNG), "A" * 1500, '"', "\\", "data:;base64,", "="])
        ),
        max_size=8,
    )
)
def test_nothing_else_of_a_row_changes(pieces: list[str]) -> None:
    """With the files put back, the row is the one that came."""
    text = " ".join(pieces)
    try:
        rows = span_rows(1, [_span(input_text=text, attributes={"x": json.dumps(pieces)})])
    except UnicodeEncodeError:
        return
    aside, kept = put_aside(rows)
    json.loads(aside.text)
    if not kept:
        assert aside == rows
    assert all(one.content == PNG for one in kept)


def test_hostile_rows_take_no_time() -> None:
    """20 MiB of runs that are nearly long enough, of one run, and of no run."""
    for text in (("A" * (SHORTEST - 1) + " ") * 20_000, "A" * 20_000_000, "word " * 4_000_000):
        with cpu_within(2):
            put_aside(Rows("span", (), b'["' + text.encode() + b'"]\n', 1))
