"""Figures of the embedded store: ``python tests/benchmarks/store.py`` prints them in under a minute.

Start to the first answer, memory, time of short selects alone and beside long ones, rows inserted per second.
"""

from __future__ import annotations

import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import urllib3

ROOT = Path(__file__).parents[2]
SECRET = secrets.token_urlsafe(16)
FOREVER = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
SHORT = "SELECT project, count(), avg(duration_ms) FROM bench WHERE time > now() - {s:UInt32} GROUP BY project"
UI = {"max_execution_time": 10}


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        process, started_s = start(Path(folder) / "data", port)
        try:
            say("start to /ping", f"{started_s * 1000:.0f} ms")
            measure(port, process.pid)
        finally:
            process.terminate()
            process.wait(30)


def measure(port: int, pid: int) -> None:
    """Everything after the start."""
    client = connect(port)
    say("memory at rest", f"{memory_mib(pid)} MiB")
    client.command(
        "CREATE TABLE bench (time DateTime64(6, 'UTC'), project LowCardinality(String), id String, duration_ms Float64,"
        " attributes Map(LowCardinality(String), String)) ENGINE = MergeTree ORDER BY (project, time)"
    )
    inserts(port, client)
    one = spread(lambda: client.query("SELECT 1", settings=UI), 500)
    say("SELECT 1, one client", one)
    say("select of 10,000 rows' group", spread(lambda: client.query(SHORT, {"s": 9999}, settings=UI), 300))
    say("16 clients, SELECT 1", f"{many(port, 16, 4.0):.0f} a second")
    for number in (1, 2, 4):
        with_long(port, client, number)
    say("memory after all", f"{memory_mib(pid)} MiB")


def inserts(port: int, client: Any) -> None:
    """Rows per second, by block size and clients."""
    client.insert("bench", [[datetime.now(UTC), "p", "x", 1.5, {}]])  # the client's imports at its first insert
    columns = ["time", "project", "id", "duration_ms", "attributes"]
    for size, seconds, clients in ((1, 3.0, 1), (1000, 3.0, 1), (1, 3.0, 8), (1000, 3.0, 4)):
        block = [[datetime.now(UTC), f"p{n % 20}", secrets.token_hex(16), 1.5, {"k": "v" * 20}] for n in range(size)]

        def insert(own: Any, block: list[list[Any]] = block) -> None:
            own.insert("bench", block, column_names=columns)

        rate = repeated(port, insert, clients, seconds)
        say(f"inserts of {size} row(s), {clients} client(s)", f"{rate:.0f} inserts/s, {rate * size:,.0f} rows/s")
    client.command("OPTIMIZE TABLE bench FINAL")
    client.command("TRUNCATE TABLE bench")
    client.insert(
        "bench", [[datetime.now(UTC), f"p{n % 20}", "x", 1.5, {}] for n in range(10_000)], column_names=columns
    )


def with_long(port: int, client: Any, number: int) -> None:
    """Short selects beside endless ones."""
    stop = threading.Event()

    def endless() -> None:
        own = urllib3.PoolManager(timeout=urllib3.Timeout(read=60))
        headers = {"X-ClickHouse-User": "assay", "X-ClickHouse-Key": SECRET}
        while not stop.is_set():
            own.request("POST", f"http://127.0.0.1:{port}/", body=FOREVER, headers=headers, retries=False)

    threads = [threading.Thread(target=endless) for _ in range(number)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    say(f"the same beside {number} endless", spread(lambda: client.query(SHORT, {"s": 9999}, settings=UI), 150))
    stop.set()
    while any(thread.is_alive() for thread in threads):
        client.command("KILL QUERY WHERE query_kind = 'Select' AND query LIKE '%sipHash64%' ASYNC")
        time.sleep(0.05)


def many(port: int, clients: int, seconds: float) -> float:
    """Selects per second of several clients."""
    return repeated(port, lambda own: own.query("SELECT 1", settings=UI), clients, seconds)


def repeated(port: int, deed: Callable[[Any], object], clients: int, seconds: float) -> float:
    """How often per second several clients do it."""
    done = [0] * clients
    own = [connect(port) for _ in range(clients)]
    end = time.perf_counter() + seconds

    def work(at: int) -> None:
        while time.perf_counter() < end:
            deed(own[at])
            done[at] += 1

    threads = [threading.Thread(target=work, args=(at,)) for at in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def spread(deed: Callable[[], object], times: int) -> str:
    """Median and 95th percentile of the time of a call."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        deed()
        taken.append((time.perf_counter() - begun) * 1000)
    cuts = statistics.quantiles(taken, n=20)
    return f"p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms"


def start(data: Path, port: int) -> tuple[subprocess.Popen[bytes], float]:
    """A process that answers, and how long that took."""
    environment = {**os.environ, "ASSAY_STORE_SECRET": SECRET}
    begun = time.perf_counter()
    command = [sys.executable, "-m", "backend.store.embedded", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    pool = urllib3.PoolManager()
    while True:
        try:
            pool.request("GET", f"http://127.0.0.1:{port}/ping", retries=False)
            return process, time.perf_counter() - begun
        except urllib3.exceptions.HTTPError:
            time.sleep(0.01)


def connect(port: int) -> Any:
    """A client of its own."""
    return clickhouse_connect.get_client(
        host="127.0.0.1", port=port, username="assay", password=SECRET, database="assay", tz_mode="aware",
        autogenerate_session_id=False,
    )  # fmt: skip


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def memory_mib(pid: int) -> int:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) // 1024


def say(what: str, figure: str) -> None:
    """One line."""
    print(f"{what:<40} {figure}", flush=True)


if __name__ == "__main__":
    main()
