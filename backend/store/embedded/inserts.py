"""Rows of a request's body into a table, block by block in constant memory."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import Any

from backend.store.embedded.answers import Counts
from backend.store.embedded.engine import Engine
from backend.store.embedded.errors import from_engine
from backend.store.embedded.request import Request
from backend.store.embedded.statement import Statement


class Insert:
    """One INSERT whose rows are still coming; ``finish`` commits, ``cancel`` does not."""

    def __init__(self, engine: Engine, request: Request, statement: Statement, counts: Counts) -> None:
        """Open it.

        Raises:
            Fault: the engine refuses the statement.
        """
        self._counts = counts
        self._ended = False
        self._stack = ExitStack()
        self._connection: Any = self._stack.enter_context(engine.connection(request))
        try:
            self._open = self._connection.send_insert(statement.text, statement.format)
        except RuntimeError as problem:
            self._stack.close()
            raise from_engine(problem) from None

    def append(self, rows: bytes) -> None:
        """Hand the next bytes of the body to the engine.

        Raises:
            Fault: they cannot be read in this format.
        """
        try:
            self._connection.insert_append(self._open, rows)
        except RuntimeError as problem:
            self.cancel()
            raise from_engine(problem) from None

    def finish(self) -> None:
        """Commit: when this returns the rows are stored.

        Raises:
            Fault: the rows cannot be read or written.
        """
        self._ended = True
        try:
            self._counts.add(self._connection.insert_done(self._open))
        except RuntimeError as problem:
            raise from_engine(problem) from None
        finally:
            self._stack.close()

    def cancel(self) -> None:
        """Leave; blocks the engine has already written (a million rows each) stay, as with a server."""
        with self._stack, suppress(RuntimeError):  # it may have ended by itself, in an error that was raised
            if not self._ended:
                self._ended = True
                self._connection.insert_cancel(self._open)


def insert(engine: Engine, request: Request, statement: Statement, rows: bytes, counts: Counts) -> None:
    """Insert a body that is already whole.

    Raises:
        Fault: the engine refuses the statement or the rows.
    """
    opened = Insert(engine, request, statement, counts)
    if rows:
        opened.append(rows)
    opened.finish()
