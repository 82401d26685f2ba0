"""The life of a process: start, one a directory, orderly end, and kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[4]


def refused(data: Path, port: int = 0, **environment: str) -> str:
    """What a process that does not start says."""
    inherited = {name: value for name, value in os.environ.items() if name != "ASSAY_STORE_SECRET"}
    done = subprocess.run(
        [sys.executable, "-m", "backend.store.embedded", "--data", str(data), "--port", str(port)],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        timeout=30,
        text=True,
    )
    assert done.returncode != 0
    return done.stderr


def test_no_start_without_a_secret(tmp_path: Path) -> None:
    """A store that everybody could read does not start, and leaves nothing behind."""
    assert "ASSAY_STORE_SECRET is empty" in refused(tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_one_process_a_directory(launched: Callable[..., Any], tmp_path: Path) -> None:
    """A second process names the first and ends; the first is not disturbed."""
    first = launched(tmp_path / "data")
    said = refused(tmp_path / "data", ASSAY_STORE_SECRET="x")
    assert f"is in use by process {first.process.pid}" in said
    assert "Traceback" not in said
    assert first.post("SELECT 1").text == "1\n"
    assert first.end() == 0
    assert launched(tmp_path / "data").post("SELECT 1").text == "1\n"


def test_a_port_in_use_is_named(launched: Callable[..., Any], tmp_path: Path) -> None:
    """A process that cannot listen says so and ends."""
    first = launched(tmp_path / "data")
    assert "address already in use" in refused(tmp_path / "other", first.port, ASSAY_STORE_SECRET="x")


def test_other_processes_do_not_see_the_secret(launched: Callable[..., Any], tmp_path: Path) -> None:
    """The secret stands in no argument and nobody else may enter the directory."""
    started = launched(tmp_path / "data")
    assert b"guess" not in Path(f"/proc/{started.process.pid}/cmdline").read_bytes()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert "guess" not in (tmp_path / "data" / "engine.xml").read_text()


@pytest.mark.parametrize("fsync", [[], ["--no-fsync"]])
def test_what_was_acknowledged_survives_kill_9(launched: Callable[..., Any], tmp_path: Path, fsync: list[str]) -> None:
    """Under inserts from three clients, each row that was answered with 200 is there after kill -9, and only once."""
    started = launched(tmp_path / "data", *fsync)
    started.post("CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a")
    acknowledged: list[int] = []

    def insert(number: int) -> None:
        for at in range(number, 1_000_000, 3):
            try:
                if started.post(f"INSERT INTO kept VALUES ({at})").status_code == 200:
                    acknowledged.append(at)
            except httpx.HTTPError:
                return

    threads = [threading.Thread(target=insert, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 60:
        time.sleep(0.01)
    assert started.end(signal.SIGKILL) == -signal.SIGKILL
    for thread in threads:
        thread.join()
    again = launched(tmp_path / "data", *fsync)
    found = [int(line) for line in again.post("SELECT a FROM kept ORDER BY a").text.split()]
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found)) <= len(acknowledged) + 3
    again.end()


def test_an_orderly_end_waits_for_writes_and_cancels_reads(launched: Callable[..., Any], tmp_path: Path) -> None:
    """SIGTERM ends an endless query with an error, lets an insert finish, and the process ends within seconds."""
    started = launched(tmp_path / "data")
    started.post("CREATE TABLE late (a UInt64) ENGINE = MergeTree ORDER BY a")
    answers: dict[str, Any] = {}

    def ask(name: str, body: Any, **params: str) -> None:
        answers[name] = started.post(body, **params)

    def slow_rows() -> Any:
        for number in range(20):
            time.sleep(0.1)
            yield b"%d\n" % number

    endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
    threads = [
        threading.Thread(target=ask, args=("read", endless)),
        threading.Thread(target=ask, args=("write", slow_rows()), kwargs={"query": "INSERT INTO late FORMAT TSV"}),
    ]
    for thread in threads:
        thread.start()
    time.sleep(1)
    begun = time.monotonic()
    assert started.end() == 0
    assert time.monotonic() - begun < 8
    for thread in threads:
        thread.join()
    assert answers["read"].headers["X-ClickHouse-Exception-Code"] == "394"
    assert answers["write"].status_code == 200
    assert launched(tmp_path / "data").post("SELECT count() FROM late").text == "20\n"


def test_a_start_empties_the_spool(launched: Callable[..., Any], tmp_path: Path) -> None:
    """What a killed process left of its answers is gone after the next start."""
    left = tmp_path / "data" / "spool" / "left"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    launched(tmp_path / "data")
    assert not left.exists()


def test_an_insert_is_synced_by_default(launched: Callable[..., Any], tmp_path: Path) -> None:
    """A loss of power takes no acknowledged insert unless the operator chose so."""
    asked = "SELECT value FROM system.merge_tree_settings WHERE name IN ('fsync_after_insert', 'fsync_part_directory')"
    safe = launched(tmp_path / "safe")
    assert safe.post(asked).text == "1\n1\n"
    assert launched(tmp_path / "fast", "--no-fsync").post(asked).text == "0\n0\n"
