"""Rows to store, and a store that can be taken away."""

from __future__ import annotations

import threading
from typing import Any

from backend.errors import StoreError
from backend.store.client import Store
from backend.store.rows import Rows, span_rows
from backend.telemetry.span import Span

START = 1_795_000_000 * 10**9


def rows(*names: str, project_id: int = 1, **fields: Any) -> Rows:
    """Spans of these names, of one trace."""
    spans = [
        Span(trace_id="t", span_id=name, start_time=START, end_time=START, uncached_input_tokens=5, **fields)
        for name in names
    ]
    return span_rows(project_id, spans)


def broken(name: str) -> Rows:
    """A span that the store cannot read."""
    good = rows(name)
    return Rows(good.table, good.columns, good.text.replace(b'"1795', b'"x795', 1), 1)


class Switch(Store):
    """The real store, which can be taken away, or be made to refuse, or be held up."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.fault: StoreError | None = None
        self.hold = threading.Event()
        self.hold.set()
        self.blocks = 0

    def _client(self) -> Any:
        self.hold.wait(20)
        self.blocks += 1
        if self.fault is not None:
            raise self.fault
        return self._inner._client()

    def _typed(self, fault: Exception, name: str) -> StoreError:
        return self._inner._typed(fault, name)
