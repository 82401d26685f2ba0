"""The chDB engine of this process: connections, settings bound to a query, and the end of queries.

Each query has a connection of its own (0.15 ms to open), so that no setting of one is ever seen by another. All
functions here block; they run in the threads of ``lanes``.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

os.environ["TZ"] = "UTC"  # before the engine reads it: times without a zone are UTC everywhere in Assay
time.tzset()

import chdb  # noqa: E402

from backend.store.embedded.config import Config  # noqa: E402
from backend.store.embedded.errors import from_engine  # noqa: E402
from backend.store.embedded.request import Request  # noqa: E402

_chdb: Any = chdb._chdb  # its wrapper in Python adds a copy of each result and takes text only

# The engine names its queries itself and takes no id from us. This setting is free text that nothing reads here
# (it belongs to Redis and NATS tables) and stands in system.processes, so it carries the client's query id.
MARKER = "stream_like_engine_insert_queue"


_QUERY_SIZE = 200_000  # below the engine's default for max_query_size, which parameters do not count towards


class Engine:
    """The one open engine."""

    def __init__(self, config: Config) -> None:
        """Open the data directory, made when it is not there, and the database.

        Raises:
            Fault: the engine cannot open it.
        """
        self._address = config.engine_address()
        self._database = config.database
        _chdb.set_signal_handlers_enabled(False)
        self._first = self._open()  # the engine lives as long as one connection does
        self._lock = threading.Lock()
        self._run(self._first, b"CREATE DATABASE IF NOT EXISTS " + _quoted(config.database, b"`"))
        self.version: str = self._run(self._first, b"SELECT version()").bytes().decode().strip()

    @contextmanager
    def connection(self, request: Request) -> Iterator[Any]:
        """A connection with the request's database, settings and parameters set.

        Raises:
            Fault: the engine knows no such setting, or the value does not fit.
        """
        connection = self._open()
        try:
            self._prepare(connection, request)
            yield connection
        except RuntimeError as problem:
            raise from_engine(problem) from None
        finally:
            connection.close()

    def kill(self, query_id: str) -> None:
        """Cancel the queries with this id; none is no error."""
        self._kill(b"Settings[" + _quoted(MARKER) + b"] = " + _quoted(query_id))

    def kill_reading(self) -> None:
        """Cancel every query that changes nothing."""
        self._kill(b"query_kind = 'Select'")

    def close(self) -> None:
        """Close the engine; all other connections are closed before."""
        with self._lock:
            self._first.close()

    def _kill(self, where: bytes) -> None:
        with self._lock:
            self._run(self._first, b"KILL QUERY WHERE " + where + b" ASYNC")

    def _open(self) -> Any:
        try:
            return _chdb.connect(self._address)
        except RuntimeError as problem:
            raise from_engine(problem) from None

    def _prepare(self, connection: Any, request: Request) -> None:
        """One SET for all: the engine's own parser reads every value, from a quoted literal."""
        # Never the engine's own `default`, which takes a table that is not there for a file.
        values = {MARKER: request.query_id, "database": request.database or self._database, **request.settings}
        if request.reads_only and values.get("readonly", "0") == "0":
            values["readonly"] = "2"
        values.update((f"param_{name}", value) for name, value in request.parameters.items())
        statement = b"SET " + b", ".join(name.encode() + b" = " + _quoted(value) for name, value in values.items())
        if len(statement) > _QUERY_SIZE:
            self._run(connection, b"SET max_query_size = '0'")
            statement += b"" if "max_query_size" in values else b", max_query_size = DEFAULT"
        self._run(connection, statement)

    @staticmethod
    def _run(connection: Any, statement: bytes) -> Any:
        try:
            return connection.query(statement, "TabSeparated", params={})
        except RuntimeError as problem:
            raise from_engine(problem) from None


def _quoted(text: str, quote: bytes = b"'") -> bytes:
    escaped = text.encode(errors="backslashreplace").replace(b"\\", b"\\\\").replace(quote, b"\\" + quote)
    return quote + escaped + quote
