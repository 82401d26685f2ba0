"""Which traces something new was told of, and all that was told of them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from backend.errors import QueryTooHeavy
from backend.store.client import Store
from backend.store.parts import PARTS, TELLING, TOUCHED, TRACE_OF, WITH_PARTS, StoredPart, Touched
from ingest import counters
from ingest.wire.otlp_content import API as RECORDS
from ingest.wire.otlp_content import BARE

log = logging.getLogger(__name__)

Trace = tuple[int, str, str]
"""A project, an API and the name of a trace in it."""

_ALSO: Final = {RECORDS: [BARE]}
"""What is laid together with the parts of an API."""


class Gathering:
    """Reads parts for the merger."""

    def __init__(self, store: Store) -> None:
        """Remember where parts are."""
        self._store = store
        self._recording: set[int] | None = None

    def touched(self, *, since: int, limit: int) -> list[Touched]:
        """Traces that parts came for since a moment, the earliest first.

        Bare spans of OpenTelemetry are every agent's, and nothing is to be done for them where nobody sends records: in
        projects that never had one they are not asked for. The first record of a project touches its trace itself.

        Args:
            since: microseconds since 1970.
            limit: most traces.

        Raises:
            StoreError: the store is away.
        """
        if self._recording is None:
            self._recording = {row.project_id for row in self._store.fetch(TELLING, api=RECORDS)}
        found = self._store.fetch(TOUCHED, since=since, limit=limit, rare=BARE, rare_in=sorted(self._recording))
        self._recording |= {one.project_id for one in found if one.api == RECORDS}
        return found

    def traces(self, touched: Iterable[Touched]) -> list[Trace]:
        """The traces to merge, once each; those with bare spans alone are none.

        Raises:
            StoreError: the store is away.
        """
        found: dict[Trace, None] = {}
        for one in self._with_records(touched):
            if one.trace_id:
                found[one.project_id, one.api, one.trace_id] = None
                continue
            for other in self._store.fetch(TRACE_OF, project_id=one.project_id, api=one.api, item_id=one.item_id):
                found[other.project_id, other.api, other.trace_id] = None
        return list(found)

    def _with_records(self, touched: Iterable[Touched]) -> Iterator[Touched]:
        bare: defaultdict[int, dict[str, Touched]] = defaultdict(dict)
        for one in touched:
            if one.api == BARE:
                bare[one.project_id][one.trace_id] = replace(one, api=RECORDS)
            else:
                yield one
        for project_id, traces in bare.items():
            asked = {"project_id": project_id, "api": RECORDS, "traces": [*traces]}
            yield from (traces[row.trace_id] for row in self._store.fetch(WITH_PARTS, **asked))

    def told(self, traces: list[Trace]) -> dict[Trace, list[StoredPart]]:
        """All parts of each trace; a part without a trace belongs to each that has its item.

        None of a trace whose parts are more than may be read at once, which is counted: it holds up no other.

        Raises:
            StoreError: the store is away.
        """
        told: dict[Trace, list[StoredPart]] = {trace: [] for trace in traces}
        for project_id, api in {trace[:2] for trace in traces}:
            mine = [trace[2] for trace in traces if trace[:2] == (project_id, api)]
            parts = self._parts(project_id, [api, *_ALSO.get(api, [])], mine)
            of_item: defaultdict[str, set[str]] = defaultdict(set)
            for part in parts:
                if part.trace_id:
                    told[project_id, api, part.trace_id].append(part)
                    of_item[part.item_id].add(part.trace_id)
            for part in parts:
                for trace_id in () if part.trace_id else of_item[part.item_id]:
                    told[project_id, api, trace_id].append(part)
        return told

    def _parts(self, project_id: int, apis: list[str], traces: list[str]) -> list[StoredPart]:
        try:
            return self._store.fetch(PARTS, project_id=project_id, apis=apis, traces=traces)
        except QueryTooHeavy:  # together; in halves they may be read
            if len(traces) == 1:
                log.error("the parts of a trace of %s are more than can be read at once", apis[0])
                counters.REFUSED.labels(apis[0], "of a trace too large to be read").inc()
                return []
            half = len(traces) // 2
            return [*self._parts(project_id, apis, traces[:half]), *self._parts(project_id, apis, traces[half:])]
