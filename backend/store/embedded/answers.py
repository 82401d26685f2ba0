"""Statements run to their answer: an iterator of the body's pieces, and what the engine counted."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.store.embedded.engine import MARKER, Engine
from backend.store.embedded.errors import from_engine
from backend.store.embedded.request import Request
from backend.store.embedded.statement import Kind, Statement, killing_by_query_id, streams

_PIECE = 1 << 20


@dataclass(slots=True)
class Counts:
    """What a query read and wrote; grows while it runs."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    started: float = 0.0

    def __post_init__(self) -> None:
        """Start the clock."""
        self.started = time.perf_counter()

    def add(self, result: Any) -> None:
        """Count a piece of the answer.

        ``storage_rows_read`` is the running total of the whole query, the rest belongs to the piece.
        """
        self.read_rows = max(self.read_rows, result.storage_rows_read())
        self.read_bytes = max(self.read_bytes, result.storage_bytes_read())
        self.written_rows += result.rows_written()
        self.written_bytes += result.bytes_written()
        self.result_rows += result.rows_read()
        self.result_bytes += result.bytes_read()

    def summary(self) -> str:
        """The value of ``X-ClickHouse-Summary``: all numbers as text."""
        values = {
            "read_rows": self.read_rows,
            "read_bytes": self.read_bytes,
            "written_rows": self.written_rows,
            "written_bytes": self.written_bytes,
            "total_rows_to_read": self.read_rows,
            "result_rows": self.result_rows,
            "result_bytes": self.result_bytes,
            "elapsed_ns": int((time.perf_counter() - self.started) * 1e9),
        }
        return json.dumps({name: str(value) for name, value in values.items()})


def format_of(request: Request, statement: Statement) -> str:
    """The format of the answer; empty for a statement that answers nothing."""
    if statement.kind in (Kind.ROWS, Kind.ANSWER):
        return statement.format or request.default_format
    return ""


def pieces(engine: Engine, request: Request, statement: Statement, counts: Counts, spool: Path) -> Iterator[bytes]:
    """Run a statement without rows of its own and give its answer piece by piece; closing it cancels the query.

    Raises:
        Fault: the engine refuses the statement, at once or while it runs.
    """
    format_ = format_of(request, statement) or "TabSeparated"
    with engine.connection(request) as connection:
        asked = _Asked(connection, statement, format_, counts)
        if statement.kind is not Kind.ROWS:
            yield from asked.whole()
        elif streams(format_):
            yield from asked.streamed()
        else:
            yield from asked.spooled(spool)


@dataclass(frozen=True, slots=True)
class _Asked:
    connection: Any
    statement: Statement
    format: str
    counts: Counts

    def streamed(self) -> Iterator[bytes]:
        """Block by block, as the engine makes them."""
        connection = self.connection
        stream = connection.send_query(self.statement.text, self.format, params={})
        ended = False
        try:
            while not ended:
                result = connection.streaming_fetch_result(stream)
                self.counts.add(result)
                ended = result.rows_read() == 0
                if not ended:
                    yield result.bytes()
        except RuntimeError as problem:
            ended = True
            raise from_engine(problem) from None
        finally:
            if not ended:
                connection.streaming_cancel_query(stream)

    def spooled(self, spool: Path) -> Iterator[bytes]:
        """Formats with a head and a foot: the engine writes a file, so that the answer never stands in memory."""
        handle, name = tempfile.mkstemp(dir=spool)
        os.close(handle)
        try:
            self._query(self._into(name))
            with Path(name).open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece
        finally:
            Path(name).unlink(missing_ok=True)

    def whole(self) -> Iterator[bytes]:
        """In one piece, and nothing where there is no answer."""
        text = self.statement.text
        if text.lstrip()[:4].upper() == b"KILL":
            text = killing_by_query_id(text, MARKER)
        result = self._query(text)
        if self.statement.kind is Kind.ANSWER:
            yield result.bytes()

    def _query(self, text: bytes) -> Any:
        result = self.connection.query(text, self.format, params={})
        self.counts.add(result)
        return result

    def _into(self, name: str) -> bytes:
        text, at = self.statement.text, self.statement.format_at
        head, clause = (text, f"FORMAT {self.format}".encode()) if at < 0 else (text[:at], text[at:])
        # A line end first: the statement may end in a comment.
        return head + f"\nINTO OUTFILE '{name}' TRUNCATE COMPRESSION 'none' ".encode() + clause
