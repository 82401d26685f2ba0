"""Small files that unpack to GiB or ask for them, each imported in a process of its own.

``python -m tests.ingest.imports.bombs`` prints a line of JSON for each: its name, MiB of memory it took, CPU seconds,
and what became of it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import tempfile
import time
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from backports import zstd

MIB = 2**20
_TURN = json.dumps({"role": "user", "content": "x" * 40}) + "," + json.dumps({"role": "assistant", "content": "y" * 40})


def _packed(start: bytes, block: bytes, count: int, end: bytes = b"") -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(start), *(packer.compress(block) for _ in range(count)), packer.compress(end)]
    return b"".join([*parts, packer.flush()])


def _wide() -> bytes:
    """A frame whose window is two GiB."""
    options = {zstd.CompressionParameter.window_log: 31, zstd.CompressionParameter.content_size_flag: 0}
    packer = zstd.ZstdCompressor(options=options)
    return packer.compress(b"{}\n" * 1000) + packer.flush()


def _long(size: int) -> bytes:
    turns = [{"role": "user", "content": "x" * size}]
    return json.dumps({"conversation_id": "c", "turns": turns}).encode() + b"\n"


FILES: dict[str, Callable[[], bytes]] = {
    "a line of a GiB": lambda: _packed(b"{", b" " * MIB, 1024),
    "a text of a GiB in a list": lambda: _packed(b'[{"a":"', b"a" * MIB, 1024),
    "an object of a GiB": lambda: _packed(b'{\n"a":"', b"a\n" * (MIB // 2), 1024),
    "lists in lists": lambda: _packed(b"[", b"[" * MIB, 1024),
    "a million items that are none": lambda: _packed(b"[", b"7," * 1000, 1000, b"7]"),
    "half a million lines that are none": lambda: _packed(b"{}", b"\na" * 1000, 500),
    "messages of nothing": lambda: _packed(b"", b"\0" * MIB, 16),
    "a message of four GiB": lambda: b"\x03\xff\xff\xff" + b"\0" * MIB,
    "a message that packs a GiB": lambda: _framed(_packed_zstd(1024)),
    "a window of two GiB": _wide,
    "a conversation of 40,000 turns": lambda: (
        b'{"conversation_id":"c","turns":[' + ",".join([_TURN] * 20_000).encode() + b"]}"
    ),
    "sixty conversations of eight MiB": lambda: _packed(b"", _long(8 * MIB), 60),
}  # fmt: skip


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(4, "big") + message


def _packed_zstd(count: int) -> bytes:
    packer = zstd.ZstdCompressor()
    return b"".join([*(packer.compress(b"\0" * MIB) for _ in range(count)), packer.flush()])


class _Writer:
    """Takes rows and forgets them."""

    def submit(self, rows: Any) -> Future[None]:
        """Be done with them."""
        done: Future[None] = Future()
        done.set_result(None)
        return done


def measure(name: str) -> dict[str, str | float]:
    """Import one file as the command does, but for the store, and say what it took."""
    import django

    django.setup()
    from backend.errors import BadRequest
    from ingest.imports.reading import Bookmark, Import, Progress
    from ingest.imports.records import form_of, forms, records

    def told(progress: Progress) -> None:
        nonlocal seen
        seen = progress

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export"
        file.write_bytes(FILES[name]())
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        seen = Progress()
        try:
            form = forms().get(form_of(file))
            importing = Import(_Writer(), 1, (1, 2**60), form.decoded if form else None)  # type: ignore[arg-type]
            importing.run(file, Bookmark(Path(folder), file), told, records(file))
            outcome = (
                f"read: {seen.conversations} records, {seen.bad_count} bad; {''.join(why for _, why in seen.bad[:1])}"
            )
        except BadRequest as refused:
            outcome = f"refused: {refused}"
        took = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"name": name, "mib": (peak - before) / 1024, "cpu_s": took, "outcome": outcome}


def main() -> None:
    """Measure all."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    fresh = multiprocessing.get_context("spawn")
    for name in FILES:
        with fresh.Pool(1) as one:
            print(json.dumps(one.apply(measure, (name,))), flush=True)


if __name__ == "__main__":
    main()
