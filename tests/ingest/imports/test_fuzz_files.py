"""No file, however broken, does more than be refused, or read as far as it goes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as some

from backend.errors import BadRequest
from ingest.imports.lists import items_of
from ingest.imports.records import form_of, records
from tests.ingest.fuzzed import ROUNDS, damaged, trees
from tests.ingest.imports.test_forms import LANGFUSE
from tests.ingest.imports.test_fuzz import CONVERSATION, DUMP, PROTOBUF, take


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(4, "big") + message


_CONVERSATION, _TRACE = json.dumps(CONVERSATION).encode(), json.dumps(LANGFUSE).encode()
HOLDERS: dict[str, bytes] = {
    "lines": b"\n".join([_CONVERSATION] * 3),
    "list": json.dumps([LANGFUSE, LANGFUSE]).encode(),
    "list over lines": json.dumps([LANGFUSE, LANGFUSE], indent=1).encode(),
    "object over lines": json.dumps(DUMP, indent=1).encode(),
    "page": json.dumps({"data": [LANGFUSE, LANGFUSE], "meta": {"page": 1}}).encode(),
    "message": PROTOBUF,
    "messages": _framed(PROTOBUF) * 2,
    "packed messages": _framed(zstd.compress(PROTOBUF)) * 2,
    "byte order mark": b"\xef\xbb\xbf" + _CONVERSATION,
}
PACKED: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gzip": gzip.compress, "zstd": zstd.compress}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for a file."""
    return tmp_path_factory.mktemp("files") / "export"


def _read(file: Path, content: bytes, *, decodes: bool = True) -> int:
    """Read a file as the command does; how many records it had."""
    file.write_bytes(content)
    count, last = 0, 0.0
    try:
        form = form_of(file)
        for number, record, share in records(file):
            count += 1
            assert number == count
            assert last <= share <= 1
            last = share
            if decodes and record.strip():
                take(form, record)
    except BadRequest as refused:
        assert file.name in str(refused)
    return count


@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("holder", HOLDERS)
def test_a_whole_file_is_read_whole(file: Path, holder: str, packing: str) -> None:
    """Each way to hold records, in each compression."""
    held = {"lines": 3, "message": 1, "object over lines": 1, "byte order mark": 1}
    assert _read(file, PACKED[packing](HOLDERS[holder])) == held.get(holder, 2)


@pytest.mark.parametrize("holder", HOLDERS)
@ROUNDS
@given(data=some.data())
def test_a_damaged_file_is_refused_or_read(file: Path, holder: str, data: some.DataObject) -> None:
    """Bytes changed, cut out or put in, in any compression."""
    packed = PACKED[data.draw(some.sampled_from(sorted(PACKED)))]
    _read(file, packed(damaged(HOLDERS[holder], data)))


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("packing", ["gzip", "zstd"])
@ROUNDS
@given(data=some.data())
def test_a_damaged_compression_is_refused_or_read(file: Path, holder: str, packing: str, data: some.DataObject) -> None:
    """The same of what the disk holds; also cut short, or twice in one file."""
    whole = PACKED[packing](HOLDERS[holder])
    whole = whole[: data.draw(some.integers(0, len(whole)))] if data.draw(some.booleans()) else whole * 2
    _read(file, damaged(whole, data), decodes=False)


@ROUNDS
@given(start=some.sampled_from([b"", b"[", b"{", b"\x0a", b"\x00\x00", b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd"]),
       rest=some.binary(max_size=300))  # fmt: skip
def test_noise_is_refused_or_read(file: Path, start: bytes, rest: bytes) -> None:
    """Random bytes behind the beginning of what is known."""
    _read(file, start + rest)


class _Slow:
    """A file that gives a few bytes at a time."""

    def __init__(self, whole: bytes, block: int) -> None:
        self._whole, self._block = whole, block

    def read(self, size: int) -> bytes:
        """The next bytes, at most a block."""
        part, self._whole = self._whole[: min(size, self._block)], self._whole[min(size, self._block) :]
        return part


@ROUNDS
@given(some.lists(trees, max_size=6), some.sampled_from([None, 1]), some.integers(1, 20))
def test_a_list_falls_into_its_items(items: list[object], indent: int | None, block: int) -> None:
    """However they are written and wherever the blocks that are read end: as a reader of JSON sees them."""
    text = json.dumps(items, indent=indent)
    found = items_of(_Slow(text.encode("utf-8", "surrogatepass"), block), "x")
    assert repr([json.loads(item) for item in found]) == repr(json.loads(text))
