"""A file is brought in whole, can be brought in again, and goes on where it was ended."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import Future
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backend.errors import BadRequest, StoreAway
from backend.projects.models import Project
from backend.store.client import Store
from backend.store.inserter import Outcome
from backend.store.rows import Rows
from backend.store.writer import Writer
from ingest.imports.reading import Bookmark, Import, Progress
from tests.conftest import Cast
from tests.ingest.rows import count

RANGE = (1_790_000_000 * 10**9, 1_790_500_000 * 10**9)


def _line(number: int) -> str:
    turns = [{"role": "user", "content": f"question {number}"}, {"role": "assistant", "content": "answer"}]
    return json.dumps({"kind": "conversation", "conversation_id": f"c{number}", "turns": turns})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A thousand conversations, one broken line and one of another kind."""
    lines = [_line(number) for number in range(1000)]
    lines[500:500] = ["{broken", '{"kind": "rag"}']
    path = tmp_path / "some.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def _run(writer: Writer, file: Path, folder: Path) -> Progress:
    return Import(writer, 1, RANGE).run(file, Bookmark(folder, file, 1, *RANGE), lambda _: None)


def test_a_file_is_imported_once_however_often_it_is_run(
    writer: Writer, store: Store, file: Path, tmp_path: Path
) -> None:
    """Bad lines are passed over with their number and reason; a second run changes nothing."""
    done = _run(writer, file, tmp_path)
    assert (done.conversations, done.spans, done.others) == (1000, 2000, 1)
    assert [number for number, _ in done.bad] == [501]
    assert "no JSON" in done.bad[0][1]
    once = count(store)
    assert (once.spans, once.traces) == (2000, 1000)
    _run(writer, file, tmp_path)
    assert count(store) == once


class _Failing(Writer):
    """A writer that is cut off after some batches."""

    def __init__(self, inner: Writer, batches: int) -> None:
        self._inner, self._left = inner, batches

    def submit(self, rows: Rows) -> Future[Outcome]:
        self._left -= 1
        if self._left < 0:
            raise StoreAway("cut off")
        return self._inner.submit(rows)


def test_an_import_goes_on_where_it_was_ended(
    writer: Writer, store: Store, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a break only what was not yet known to be safe is read again, and in the end everything is there."""
    monkeypatch.setattr("ingest.imports.reading.BATCH", 100)
    bookmark = Bookmark(tmp_path, file, 1, *RANGE)
    with pytest.raises(StoreAway):
        Import(_Failing(writer, 12), 1, RANGE).run(file, bookmark, lambda _: None)
    assert 0 < bookmark.line() < 1002
    expected = 1002 - bookmark.line()
    done = _run(writer, file, tmp_path)
    assert expected - 2 <= done.conversations <= expected
    assert done.conversations < 1000
    assert count(store).spans == 2000
    assert bookmark.line() == 0


def test_a_damaged_file_is_said(writer: Writer, store: Store, file: Path, tmp_path: Path) -> None:
    """A gzip file that ends too early is an error, not a short import."""
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(BadRequest, match="damaged"):
        _run(writer, file, tmp_path)


def test_the_command_imports_and_sums_up(store: Store, cast: Cast, file: Path) -> None:
    """``manage.py import`` stores under the project and says what it did and what it could not read."""
    project = Project.objects.get(slug="acme")
    out, err = StringIO(), StringIO()
    options = ["--project", "acme", "--start", "2026-09-01", "--end", "2026-09-20"]
    call_command("import", str(file), *options, stdout=out, stderr=err)
    assert "1,000 conversations, 2,000 spans into acme; 1 bad lines, 1 lines of another kind" in out.getvalue()
    assert "line 501: no JSON" in err.getvalue()
    assert count(store, project.pk).spans == 2000


def test_the_command_refuses_what_it_cannot_do(cast: Cast, file: Path) -> None:
    """An unknown project, a missing file and half a range are named."""
    with pytest.raises(CommandError, match="no project 'nope'; there are: acme"):
        call_command("import", str(file), project="nope")
    with pytest.raises(CommandError, match="no file"):
        call_command("import", "/nowhere.jsonl", project="acme")
    with pytest.raises(CommandError, match="belong together"):
        call_command("import", str(file), "--project", "acme", "--start", "2026-09-01")
    with pytest.raises(CommandError, match="is no time"):
        call_command("import", str(file), "--project", "acme", "--start", "soon", "--end", "2026-01-01")
