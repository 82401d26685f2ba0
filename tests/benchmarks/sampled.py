"""What sampling saves, in bytes of each table: ``python -m tests.benchmarks.sampled DATA`` prints them.

DATA is a folder of labelled conversations, as for ``tests.benchmarks.bytes_per_span``. Spans are stored in a store of
their own, turns are made of them, and parts are merged before they are weighed. What goes with a trace that is left out
is ``span``; ``span_preview``, ``turn`` and the rest stay.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its size on disk."""

    name: str
    bytes: int


def main() -> None:
    """Print a line a workload."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of conversations_*.jsonl.gz")
    parser.add_argument("--conversations", type=int, default=400, help="most of one workload")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-sampled-") as home:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        os.environ |= {"ASSAY_HOME": home, "ASSAY_STORE_PORT": str(port), "ASSAY_STORE_SECRET": secrets.token_hex(8)}
        os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings"
        where = ["--data", f"{home}/store", "--port", str(port)]
        process = subprocess.Popen([sys.executable, "-m", "backend.store.embedded", *where], cwd=ROOT)
        try:
            _measure(asked.data, asked.conversations)
        finally:
            process.terminate()
            process.wait(60)


def _measure(folder: Path, most: int) -> None:
    import django

    django.setup()
    from analytics.pipeline.assemble import Assemble
    from backend.store.connection import store
    from backend.store.rows import insert_block, span_rows
    from backend.store.schema import migrate
    from tests.benchmarks.agent_traffic import WORKLOADS, spans_of

    while not store().ping():
        time.sleep(0.1)
    migrate(store())
    for workload in WORKLOADS:
        for table in ("span", "span_preview", "trace_time", "turn", "ledger"):
            store().command(f"TRUNCATE TABLE {table}")
        spans = spans_of(workload, folder, most, 50)
        for first in range(0, len(spans), 800):
            insert_block(store(), [span_rows(1, spans[first : first + 800])])
        traces = sorted({span.trace_id for span in spans})
        for first in range(0, len(traces), 500):
            Assemble().run(1, traces[first : first + 500])
        sizes = _sizes()
        told = ", ".join(f"{name} {size / len(spans):,.0f}" for name, size in sizes.items())
        print(f"{workload.name}: {len(spans):,} spans; bytes a span: {told};"
              f" of a left-out trace {sizes['span'] / sum(sizes.values()):.0%} goes", flush=True)  # fmt: skip


def _sizes() -> dict[str, int]:
    from backend.store.connection import store
    from backend.store.query import Query

    tables = ("span", "span_preview", "trace_time", "turn", "ledger")
    for table in tables:
        store().command(f"OPTIMIZE TABLE {table} FINAL")
    sql = (
        "SELECT table AS name, sum(data_compressed_bytes) AS bytes FROM system.parts"
        " WHERE active AND database = currentDatabase() GROUP BY table ORDER BY bytes DESC"
    )
    found = store().fetch(Query("table_sizes", sql, Table, scope="installation"))
    return {one.name: one.bytes for one in found if one.name in tables}


if __name__ == "__main__":
    main()
