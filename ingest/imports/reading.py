"""A file's lines, brought to the store in batches, from where an earlier run ended."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import time
import zlib
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Final

from backports import zstd

from backend.attachments.place import shelf
from backend.errors import BadRequest, TooLarge, TooMany
from backend.sensitive.policy import AS_SENT, Policy
from backend.store.inserter import Outcome
from backend.store.parts import part_rows
from backend.store.rows import Rows, span_rows
from backend.store.scores import score_rows
from backend.store.writer import Writer
from ingest import steps
from ingest.attaching import keep, put_all_aside
from ingest.imports.lists import RECORD_LIMIT_MIB
from ingest.imports.record import OtherKind, record_of, times_of
from ingest.imports.spans import spans_of
from ingest.prices.table import Price
from ingest.protocols.base import Decoded
from ingest.redaction.redacting import redacted_request

BATCH: Final = 1000
"""Spans of one write."""
BATCH_BYTES: Final = 2**24
"""Most of their messages, but for what the last record brings."""

BAD_TOLD: Final = 20
"""Lines that could not be read, of which number and reason are told."""

_IN_FLIGHT = 4
ZSTD: Final = b"\x28\xb5\x2f\xfd"
DAMAGED: Final = (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError)
"""What reading a file raises that ends in the middle of its compression, or is none."""
_ZSTD_WINDOW_LOG: Final = 27

Records = Iterator[tuple[int, bytes, float]]


@dataclass(slots=True)
class Progress:
    """How far an import is.

    Attributes:
        line: last line whose spans are safe.
        read: last line that was read.
        share: of the file that was read, 0 to 1.
        conversations: records that were read well: conversations, or whatever the file's form holds.
        spans: safe.
        scores: safe.
        parts: messages of which spans are made, safe.
        bad: number and reason of the first lines that could not be read, or not whole.
        bad_count: all of them.
        others: lines that are no conversations.
        counted: metrics and the like that are not stored.
    """

    line: int = 0
    read: int = 0
    share: float = 0.0
    conversations: int = 0
    spans: int = 0
    scores: int = 0
    parts: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    bad_count: int = 0
    others: int = 0
    counted: int = 0

    def note_bad(self, number: int, reason: str) -> None:
        """Remember a line that could not be read; of many only how many they are."""
        self.bad_count += 1
        if len(self.bad) < BAD_TOLD:
            self.bad.append((number, reason))


class Bookmark:
    """Where an import stands, kept on disk, so that one that was ended goes on."""

    def __init__(self, folder: Path, file: Path, *choices: object) -> None:
        """Name it after the file, its state and all that changes what is stored."""
        state = file.stat()
        key = repr([str(file.resolve()), state.st_size, state.st_mtime_ns, *choices])
        self._path = folder / f"{hashlib.blake2b(key.encode(), digest_size=12).hexdigest()}.json"

    def line(self) -> int:
        """The last line that is safe; 0 at a first run."""
        try:
            return int(json.loads(self._path.read_text())["line"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return 0

    def move(self, line: int) -> None:
        """Remember a line."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps({"line": line}))
        draft.replace(self._path)

    def remove(self) -> None:
        """Forget: the file is done."""
        self._path.unlink(missing_ok=True)


class Import:
    """Brings one file to one project."""

    def __init__(
        self,
        writer: Writer,
        project_id: int,
        range_ns: tuple[int | None, int | None],
        decode: Callable[[bytes], Decoded] | None = None,
        own: Sequence[Price] = (),
        policy: Policy = AS_SENT,
    ) -> None:
        """Remember where to.

        Args:
            writer: takes the spans.
            project_id: whose they are.
            range_ns: first and last nanosecond for conversations without a real time.
            decode: reads a record of another form than conversations.
            own: prices that the project set.
            policy: what of it may be stored.
        """
        self._own, self._policy = own, policy
        self._writer, self._project_id, self._range = writer, project_id, range_ns
        self._decode = decode or self._conversation
        self._flying: deque[tuple[list[Future[Outcome]], int, tuple[int, int, int]]] = deque()

    def run(
        self, file: Path, bookmark: Bookmark, tell: Callable[[Progress], None], records: Records | None = None
    ) -> Progress:
        """Import from the bookmark to the end; what cannot be read is noted and passed over.

        Args:
            file: JSON lines, plain, gzip or zstd.
            bookmark: is moved as spans become safe, and removed at the end.
            tell: is called after each batch.
            records: of the file, where it does not hold one a line.

        Raises:
            StoreAway: neither store nor spool takes the spans; the bookmark stands where a later run goes on.
        """
        progress = Progress(line=bookmark.line())
        try:
            self._read(lines(file) if records is None else records, progress, bookmark, tell)
        finally:  # also where the file ends in the middle: what was read before is kept
            while self._flying:
                self._land(progress, bookmark)
        bookmark.remove()
        tell(progress)
        return progress

    def _read(self, records: Records, progress: Progress, bookmark: Bookmark, tell: Callable[[Progress], None]) -> None:
        batch, size = Decoded(), 0
        try:
            for number, line, share in records:
                progress.read, progress.share = number, share
                if number <= progress.line or not line.strip():
                    continue
                size += self._take(batch, number, line, progress)
                if len(batch.spans) + len(batch.scores) + len(batch.parts) >= BATCH or size >= BATCH_BYTES:
                    self._send(batch, number, progress, bookmark)
                    batch, size = Decoded(), 0
                    tell(progress)
        except BadRequest:
            self._send(batch, progress.read, progress, bookmark)
            raise
        self._send(batch, progress.read, progress, bookmark)

    def _take(self, batch: Decoded, number: int, line: bytes, progress: Progress) -> int:
        """Read a record into the batch; its size."""
        try:
            found = self._decode(line)
        except OtherKind:
            progress.others += 1
            return 0
        except (BadRequest, TooLarge) as fault:
            progress.note_bad(number, str(fault))
            return 0
        progress.conversations += 1
        progress.counted += found.counted
        for reason, count in found.rejected:
            progress.note_bad(number, f"{count} {reason}")
        kept, refused = steps.run(found.spans, self._own)
        scores = [steps.put_sound_score(score) for score in found.scores]
        found = replace(found, spans=kept, scores=scores, rejected=refused)
        found = redacted_request(found, self._policy)
        batch.spans.extend(found.spans)
        batch.scores.extend(found.scores)
        batch.parts.extend(found.parts)
        for reason, count in found.rejected:
            progress.note_bad(number, f"{count} spans {reason}")
        return _size(found)

    def _conversation(self, line: bytes) -> Decoded:
        record = record_of(line)
        return Decoded(spans_of(record, *times_of(record, *self._range)))

    def _send(self, batch: Decoded, number: int, progress: Progress, bookmark: Bookmark) -> None:
        rows = [span_rows(self._project_id, batch.spans)]
        if batch.scores:
            rows.append(score_rows(self._project_id, batch.scores))
        if batch.parts:
            rows.append(part_rows(self._project_id, batch.parts))
        rows, attachments = put_all_aside(rows)
        keep(shelf(), self._project_id, attachments)
        counts = len(batch.spans), len(batch.scores), len(batch.parts)
        self._flying.append(([self._submitted(some) for some in rows], number, counts))
        while len(self._flying) > _IN_FLIGHT:
            self._land(progress, bookmark)

    def _submitted(self, rows: Rows) -> Future[Outcome]:
        while True:
            try:
                return self._writer.submit(rows)
            except TooMany as full:
                time.sleep(full.retry_after_s)

    def _land(self, progress: Progress, bookmark: Bookmark) -> None:
        futures, number, counts = self._flying.popleft()
        for future in futures:
            future.result()
        progress.line = number
        progress.spans += counts[0]
        progress.scores += counts[1]
        progress.parts += counts[2]
        bookmark.move(number)


def _size(found: Decoded) -> int:
    """Characters of what is long in spans and parts."""
    messages = sum(len(span.input_messages) + len(span.output_messages) for span in found.spans)
    return messages + sum(len(part.body) for part in found.parts)


def unpacked(raw: IO[bytes]) -> Any:
    """What a file holds, without a byte order mark; gzip and zstd are told by its first bytes."""
    start = raw.read(len(ZSTD))
    raw.seek(0)
    found: Any = raw
    if start.startswith(b"\x1f\x8b"):
        found = gzip.GzipFile(fileobj=raw)
    elif start == ZSTD:
        found = zstd.ZstdFile(raw, options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})
    if found.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
        found.read(len(BOM_UTF8))
    return found


def lines(file: Path) -> Iterator[tuple[int, bytes, float]]:
    """Number, text and share of the file, line by line; gzip and zstd are told by their first bytes.

    Raises:
        BadRequest: the file ends in the middle of its compression, or a line is larger than a record may be.
    """
    size, most = max(1, file.stat().st_size), RECORD_LIMIT_MIB * 2**20
    with file.open("rb") as raw:
        try:
            content = unpacked(raw)
            for number in itertools.count(1):
                if not (line := content.readline(most + 1)):
                    return
                if len(line) > most:
                    told = f"{file.name}, line {number} is longer than {RECORD_LIMIT_MIB} MiB"
                    raise BadRequest(f"{told}; the lines before are imported")
                yield number, line, min(1.0, raw.tell() / size)
        except DAMAGED as fault:
            raise BadRequest(f"{file.name} is damaged: {fault}; the lines before are imported") from None
