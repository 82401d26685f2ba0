"""Bytes a span, by how the table is laid out: ``python -m tests.benchmarks.bytes_per_span DATA`` prints them.

Agents send their whole conversation again with every model call, so the same messages stand in many spans. DATA is a
folder of labelled conversations (``conversations_*.jsonl.gz``); each becomes spans as an agent's SDK would send them,
many conversations at once, and each layout stores the same rows in an engine of its own in this process.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import chdb

from backend.store.rows import SPAN_COLUMNS, span_rows
from backend.telemetry.span import Span
from tests.benchmarks.agent_traffic import WORKLOADS, spans_of
from tests.benchmarks.layouts import LAYOUTS, Layout

BLOCK: Final = 800
"""Spans of one insert, as the writer makes them under load."""
READS: Final = 15
_chdb: Any = chdb._chdb


@dataclass(frozen=True, slots=True)
class Figures:
    """What one layout needs for one workload: bytes and seconds of CPU a span, milliseconds of CPU a read."""

    bytes_per_span: float
    insert_us: float
    merge_us: float
    one_span_ms: float
    one_trace_ms: float
    texts_ms: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table a workload."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of conversations_*.jsonl.gz")
    parser.add_argument("--conversations", type=int, default=400, help="most of one workload")
    parser.add_argument("--at-once", type=int, default=50, help="conversations that run at the same time")
    parser.add_argument("--only", default="", help="layouts, separated by semicolons")
    asked = parser.parse_args(arguments)
    wanted = set(asked.only.split(";")) if asked.only else {layout.name for layout in LAYOUTS}
    for workload in WORKLOADS:
        spans = spans_of(workload, asked.data, asked.conversations, asked.at_once)
        sent = sum(len(span_rows(1, [span]).text) for span in spans) / len(spans)
        print(f"\n{workload.name}: {len(spans):,} spans, {sent:,.0f} bytes each as rows of JSON")
        print(f"{'layout':<28}{'bytes/span':>11}{'of naive':>9}{'insert us':>10}{'merge us':>9}", end="")
        print(f"{'span ms':>9}{'trace ms':>9}{'texts ms':>9}")
        naive = 0.0
        for layout in LAYOUTS:
            if layout.name in wanted:
                found = measure(layout, spans)
                naive = naive or found.bytes_per_span
                _say(layout.name, found, naive)


def measure(layout: Layout, spans: Sequence[Span]) -> Figures:
    """Store the spans in an engine of its own and read some of them."""
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:
        connection = _chdb.connect(folder)
        try:
            return _measure(connection, layout, spans)
        finally:
            connection.close()


def _measure(connection: Any, layout: Layout, spans: Sequence[Span]) -> Figures:
    for statement in layout.tables:
        connection.query(statement)
    blocks = [span_rows(1, spans[start : start + BLOCK]) for start in range(0, len(spans), BLOCK)]
    names = ", ".join(SPAN_COLUMNS)
    insert = f"INSERT INTO {layout.into} ({names}) FORMAT JSONCompactEachRow\n".encode()
    insert_s = sum(_cpu_s(lambda text=block.text: connection.query(insert + text)) for block in blocks)
    tables = _column(connection, "SELECT name FROM system.tables WHERE database = currentDatabase() AND total_rows > 0")
    merge_s = sum(_cpu_s(lambda name=name: connection.query(f"OPTIMIZE TABLE `{name}` FINAL")) for name in tables)
    size = _column(
        connection, "SELECT sum(data_compressed_bytes) FROM system.parts WHERE active AND database = currentDatabase()"
    )
    calls = [span for span in spans if span.operation == "chat"]
    some = [calls[place * len(calls) // READS] for place in range(READS)]
    return Figures(
        bytes_per_span=int(size[0]) / len(spans),
        insert_us=insert_s / len(spans) * 1e6,
        merge_us=merge_s / len(spans) * 1e6,
        one_span_ms=_median_ms(lambda span: layout.one_span(connection, span), some),
        one_trace_ms=_median_ms(lambda span: layout.one_trace(connection, span), some),
        texts_ms=_median_ms(lambda span: layout.texts(connection, span), some),
    )


def _say(name: str, found: Figures, naive: float) -> None:
    print(
        f"{name:<28}{found.bytes_per_span:>11,.0f}{found.bytes_per_span / naive:>9.1%}{found.insert_us:>10.0f}"
        f"{found.merge_us:>9.0f}{found.one_span_ms:>9.1f}{found.one_trace_ms:>9.1f}{found.texts_ms:>9.1f}",
        flush=True,
    )


def _median_ms(read: Callable[[Span], object], spans: Sequence[Span]) -> float:
    return statistics.median(_cpu_s(lambda span=span: read(span)) for span in spans) * 1000


def _cpu_s(deed: Callable[[], object]) -> float:
    begun = time.process_time()
    deed()
    return time.process_time() - begun


def _column(connection: Any, sql: str) -> list[str]:
    text: bytes = connection.query(sql, "TSV").bytes()
    return text.decode().split()


if __name__ == "__main__":
    main()
