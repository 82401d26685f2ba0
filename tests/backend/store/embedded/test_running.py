"""Many clients at once: long answers, long queries, and clients that leave."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.exceptions import StreamFailureError

FOREVER = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"


def until(told: Callable[[], bool], seconds: float) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if told():
            return True
        time.sleep(0.05)
    return False


def running(store: Any, needle: str) -> int:
    """How many queries of the engine hold these words."""
    sql = "SELECT count() FROM system.processes WHERE position(query, {n:String}) > 0 AND query NOT LIKE '%processes%'"
    return int(store.post(sql, param_n=needle, max_execution_time="5").text)


def test_a_long_answer_streams_in_flat_memory(store: Any) -> None:
    """A million rows (300 MB) pass through without standing in memory."""
    client = store.client(compress=False)
    before, most, rows = store.memory_mib(), 0, 0
    sql = "SELECT number, repeat(toString(number % 10), 300) AS text FROM numbers(1000000)"
    with client.query_row_block_stream(sql, settings={"max_block_size": 8192}) as blocks:
        for block in blocks:
            rows += len(block)
            most = max(most, store.memory_mib())
    assert rows == 1_000_000
    assert most - before < 100


def test_a_large_whole_answer_waits_on_disk(store: Any) -> None:
    """An answer that the client wants whole (120 MB) is spooled, not held."""
    before = store.memory_mib()
    sql = "SELECT repeat('x', 1200) FROM numbers(100000)"
    params = {"wait_end_of_query": "1", "max_block_size": "1000"}
    with httpx.stream("POST", store.url, content=sql, params=params, headers=store.known) as answer:
        size = sum(len(piece) for piece in answer.iter_raw())
    assert size == 1201 * 100_000
    assert store.memory_mib() - before < 60
    assert list((store.data / "spool").iterdir()) == []


def test_an_insert_streams_in_flat_memory(store: Any, client: Any) -> None:
    """A body is handed on as it comes."""
    client.command("CREATE OR REPLACE TABLE streamed (a UInt64) ENGINE = MergeTree ORDER BY a")
    rows = (b"7\n" * 50_000 for _ in range(70))
    assert store.post(rows, query="INSERT INTO streamed FORMAT TabSeparated").status_code == 200
    assert client.query("SELECT count() FROM streamed").first_row == (3_500_000,)


def test_an_error_in_the_middle_is_never_a_whole_answer(store: Any) -> None:
    """A query that fails after its answer began raises at the client, packed or not."""
    sql = "SELECT throwIf(number = 2900000, 'boom'), toString(number) FROM numbers(3000000)"
    for packed in (False, "lz4", "zstd", "gzip"):
        client = store.client(compress=packed)
        with pytest.raises(StreamFailureError, match="boom"), client.query_row_block_stream(sql) as blocks:
            for _ in blocks:
                pass
    with pytest.raises(httpx.RemoteProtocolError):
        store.post(sql)


def test_a_query_ends_when_its_client_leaves(store: Any) -> None:
    """No query runs on for a second after its client closed the connection, whether it had begun to answer or not."""
    for sql in (FOREVER, "SELECT sipHash64(number) AS leaver FROM numbers(1000000000000)"):
        with httpx.Client() as client, pytest.raises(httpx.ReadTimeout):
            client.post(store.url, content=sql, headers=store.known, timeout=0.5, params={"wait_end_of_query": "1"})
        assert until(lambda sql=sql: running(store, sql) == 0, 1)


def test_a_query_ends_when_its_reader_leaves(store: Any) -> None:
    """A client that leaves in the middle of a stream ends its query within a second."""
    sql = "SELECT sipHash64(number) AS reader FROM numbers(1000000000000)"
    with httpx.stream("POST", store.url, content=sql, headers=store.known) as answer:
        pieces = answer.iter_raw()
        assert next(pieces)
        assert running(store, "AS reader") == 1
    assert until(lambda: running(store, "AS reader") == 0, 1)


def test_a_query_is_killed_by_its_id(store: Any) -> None:
    """KILL QUERY takes the id that the client gave, and the client is told."""
    with ThreadPoolExecutor() as threads:
        victim = threads.submit(store.post, FOREVER, query_id="victim's")
        assert until(lambda: running(store, FOREVER) == 1, 5)
        again = store.post("SELECT 1", query_id="victim's")
        assert again.headers["X-ClickHouse-Exception-Code"] == "216"
        store.post("KILL QUERY WHERE query_id = {id:String}", param_id="victim's")
        assert victim.result(5).headers["X-ClickHouse-Exception-Code"] == "394"
    assert store.post("SELECT 1", query_id="victim's").text == "1\n"


def test_an_insert_whose_client_leaves_stores_nothing(store: Any, client: Any) -> None:
    """A body that is cut off is not committed and leaves nothing open."""
    client.command("CREATE OR REPLACE TABLE cut (a UInt64) ENGINE = MergeTree ORDER BY a")
    head = "POST /?query=INSERT+INTO+cut+FORMAT+TabSeparated HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n"
    names = "".join(f"{name}: {value}\r\n" for name, value in store.known.items())
    with socket.create_connection(("127.0.0.1", store.port)) as wire:
        wire.sendall(f"{head}{names}\r\n".encode() + b"1\n" * 1_000_000)
        assert until(lambda: running(store, "INSERT INTO cut") == 1, 5)
    assert until(lambda: running(store, "INSERT INTO cut") == 0, 2)
    assert client.query("SELECT count() FROM cut").first_row == (0,)


def test_nobody_waits_behind_long_queries(store: Any, client: Any) -> None:
    """With every long lane full of endless queries, an insert and a short select still end at once."""
    client.command("CREATE OR REPLACE TABLE busy (a UInt64) ENGINE = MergeTree ORDER BY a")
    client.insert("busy", [[0]], column_names=["a"])  # the client's own imports at its first insert take half a second
    lanes, stop = max(4, os.cpu_count() or 1), threading.Event()

    def endless() -> None:
        while not stop.is_set():
            store.post(FOREVER, max_threads="1")

    with ThreadPoolExecutor(lanes + 4) as threads:
        for _ in range(lanes + 4):
            threads.submit(endless)
        assert until(lambda: running(store, FOREVER) == lanes, 5)
        begun = time.monotonic()
        client.insert("busy", [[1]], column_names=["a"])
        found = client.query("SELECT count() FROM busy", settings={"max_execution_time": 10}).first_row
        took = time.monotonic() - begun
        stop.set()
        kill = "KILL QUERY WHERE query_kind = 'Select' AND query LIKE '%1000000000000)%' ASYNC"
        assert until(lambda: store.post(kill).status_code == 200 and running(store, FOREVER) == 0, 10)
    assert found == (2,)
    assert took < 2


def test_many_clients_get_their_own_answers(store: Any, client: Any) -> None:
    """Thirty clients at once mix up neither answers nor parameters nor settings."""
    client.command("CREATE OR REPLACE TABLE many (a UInt64) ENGINE = MergeTree ORDER BY a")

    def ask(number: int) -> bool:
        own = store.client()
        own.insert("many", [[number]], column_names=["a"])
        sql = "SELECT {n:UInt64}, getSetting('max_block_size'), count() FROM many WHERE a = {n:UInt64}"
        answers = [own.query(sql, {"n": number}, settings={"max_block_size": 100 + number}).first_row for _ in range(5)]
        return answers == [(number, 100 + number, 1)] * 5

    with ThreadPoolExecutor(30) as threads:
        assert all(threads.map(ask, range(30)))
