"""LangSmith's exports: runs, alone or with those below them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from backend.errors import BadRequest
from ingest.imports.forms.base import Form
from ingest.mapping.values import as_text
from ingest.protocols.base import Decoded
from ingest.wire import langsmith
from ingest.wire.reading import json_of, rows, table


class LangSmithRuns(Form):
    """LangSmith runs as its API lists them."""

    name = "langsmith"
    order = 30

    def knows(self, told: dict[str, Any]) -> bool:
        """By the kind of the run."""
        return "run_type" in told and "id" in told

    def decoded(self, record: bytes) -> Decoded:
        """Read a run and those below it."""
        decoded, now = Decoded(), time.time_ns()
        if not isinstance(table(json_of(record)).get("id"), str):
            raise BadRequest("no run of LangSmith: its id is no text")
        for run in _flat(table(json_of(record)), ""):
            part = langsmith.part_of(run, 1, now)
            if part is None:
                raise BadRequest("a run has an id")
            decoded.parts.append(part)
        return decoded


def _flat(run: dict[str, Any], trace_id: str) -> Iterator[dict[str, Any]]:
    """A run without the runs below it, then those; all of one trace."""
    own = {name: value for name, value in run.items() if name != "child_runs"}
    trace_id = as_text(own.get("trace_id")) or trace_id or as_text(own.get("id"))
    yield {**own, "trace_id": trace_id}
    for child in rows(run.get("child_runs")):
        yield from _flat({"parent_run_id": own.get("id"), **child}, trace_id)
