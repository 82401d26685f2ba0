"""No file takes much memory or time, however much it unpacks to: what is too large is refused with the limit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from backend.errors import BadRequest
from backend.store.client import Store
from backend.store.writer import Writer
from ingest.imports import lists
from ingest.imports.reading import BAD_TOLD, Bookmark, Import, Progress
from ingest.imports.records import form_of, forms, records
from tests.ingest.imports.bombs import FILES
from tests.ingest.imports.test_reading import RANGE
from tests.ingest.rows import count
from tests.pace import pace

MOST_MIB = 400
MOST_CPU_S = 8.0


def test_no_file_takes_the_machine_down() -> None:
    """Each small file that asks for GiB is read within bounds, and to its end or to what is too large."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.ingest.imports.bombs"], check=True, stdout=subprocess.PIPE, text=True, timeout=500
    ).stdout
    found = {one["name"]: one for one in map(json.loads, told.splitlines())}
    assert set(found) == set(FILES)
    allowed_s = MOST_CPU_S * pace()
    for one in found.values():
        assert one["mib"] <= MOST_MIB, one
        assert one["cpu_s"] <= allowed_s, one
    for name in ("a line of a GiB", "a text of a GiB in a list", "an object of a GiB"):
        assert "more than 128 MiB" in found[name]["outcome"] or "longer than 128 MiB" in found[name]["outcome"]
    assert "1000001 bad" in found["a million items that are none"]["outcome"]
    assert "500001 bad" in found["half a million lines that are none"]["outcome"]
    assert "1 bad; its 40,000 turns would make 38,146 MiB" in found["a conversation of 40,000 turns"]["outcome"]
    assert "60 records, 0 bad" in found["sixty conversations of eight MiB"]["outcome"]


def _conversation(number: int, text: str = "hi") -> str:
    return json.dumps({"conversation_id": f"c{number}", "turns": [{"role": "user", "content": text}]})


def _run(writer: Writer, file: Path) -> Progress:
    form = forms().get(form_of(file))
    importing = Import(writer, 1, RANGE, form.decoded if form else None)
    return importing.run(file, Bookmark(file.parent, file, 1), lambda _: None, records(file))


@pytest.mark.parametrize("opens", ["[", "[\n", ""])
def test_what_stands_before_a_record_that_is_too_large_is_imported(
    opens: str, writer: Writer, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """In lines, in a list of one line and in one of many."""
    monkeypatch.setattr(lists, "RECORD_LIMIT_MIB", 1)
    monkeypatch.setattr("ingest.imports.reading.RECORD_LIMIT_MIB", 1)
    file = tmp_path / "some.json"
    between = ",\n" if opens else "\n"
    file.write_text(opens + between.join([_conversation(1), _conversation(2, "x" * 2**21), _conversation(3)]))
    with pytest.raises(BadRequest, match=r"some\.json.* 1 MiB; .*before are imported"):
        Import(writer, 1, RANGE).run(file, Bookmark(tmp_path, file, 1), lambda _: None, records(file))
    assert count(store).spans == 1


@pytest.mark.parametrize("content", ["[\n{broken", "{\n broken", '[{"id": 1},\n{"b"', '{"a": 1}\n]', "[1] 2", "[}}"])
def test_a_broken_document_is_refused_or_passed_over(
    content: str, writer: Writer, store: Store, tmp_path: Path
) -> None:  # fmt: skip
    """Never with an error of the reader of JSON."""
    file = tmp_path / "some.json"
    file.write_text(content)
    try:
        done = _run(writer, file)
    except BadRequest as refused:
        assert "some.json" in str(refused)
    else:
        assert done.bad_count


def test_a_record_of_too_many_things_is_passed_over(writer: Writer, store: Store, tmp_path: Path) -> None:
    """It is a bad line as any other, and what follows it is read."""
    good = {"resourceSpans": [{"scopeSpans": [{"spans": [
        {"traceId": "a" * 32, "spanId": "b" * 16, "name": "n", "startTimeUnixNano": str(RANGE[0])}]}]}]}  # fmt: skip
    many = {"resourceSpans": [{"scopeSpans": [{"spans": [{}] * 50_001}]}]}
    file = tmp_path / "dump.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in (good, many, good)))
    done = _run(writer, file)
    assert (done.conversations, done.bad_count) == (2, 1)
    assert "more than 50,000 spans" in done.bad[0][1]


def test_of_many_bad_lines_the_first_are_told(writer: Writer, store: Store, tmp_path: Path) -> None:
    """And all are counted."""
    file = tmp_path / "some.jsonl"
    file.write_text("\n".join([_conversation(1), *["no"] * 100]))
    done = _run(writer, file)
    assert (done.conversations, done.bad_count, len(done.bad)) == (1, 100, BAD_TOLD)
    assert done.bad[0][0] == 2


def test_a_byte_order_mark_is_no_record(writer: Writer, store: Store, tmp_path: Path) -> None:
    """Some editors put one before the first line, or before a list."""
    for number, content in enumerate((_conversation(1), f"[{_conversation(2)}, {_conversation(3)}]")):
        file = tmp_path / f"{number}.json"
        file.write_text(content, encoding="utf-8-sig")
        done = _run(writer, file)
        assert (done.conversations, done.bad_count) == (number + 1, 0)
