"""Group commit: what is acknowledged is stored or on disk, and one bad request harms no other."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from backend.errors import BadRequest, StoreAway, StoreError, TooMany
from backend.store.client import Store
from backend.store.rows import Rows, insert_all, span_rows
from backend.store.spool import Spool
from backend.store.writer import Writer
from backend.telemetry.span import Span
from tests.backend.store.switch import START, Switch, broken, rows
from tests.ingest.rows import count, wait_for
from tests.settings import free_port


def test_rows_are_stored_when_the_future_ends(writer: Writer, store: Store) -> None:
    """A result means that a question finds the rows."""
    assert writer.submit(rows("a", "b")).result(20) == "stored"
    assert count(store).spans == 2


def test_no_rows_are_no_work(writer: Writer) -> None:
    """An empty request is answered at once."""
    assert writer.submit(rows()).result(0) == "stored"


def test_a_second_insert_of_the_same_rows_doubles_nothing(writer: Writer, store: Store) -> None:
    """Spans, previews, traces and tokens count once, however often the rows come."""
    writer.submit(rows("a", "b")).result(20)
    once = count(store)
    for _ in range(3):
        writer.submit(rows("a", "b")).result(20)
    assert count(store) == once
    assert once.tokens == 10


def test_what_waits_goes_in_one_block(switch: Switch, spool: Spool, store: Store) -> None:
    """While one block is being stored the next gathers, so a hundred requests are not a hundred inserts."""
    switch.hold.clear()
    writer = Writer(switch, spool).start()
    futures = [writer.submit(rows(f"s{number}")) for number in range(100)]
    switch.hold.set()
    assert {future.result(20) for future in futures} == {"stored"}
    assert switch.blocks <= 3
    assert count(store).spans == 100
    writer.close()


def test_only_the_faulty_request_of_a_block_fails(switch: Switch, spool: Spool, store: Store) -> None:
    """The store's refusal is traced to the request that it is in; those beside it are stored."""
    switch.hold.clear()
    writer = Writer(switch, spool).start()
    first = writer.submit(rows("first"))
    good = [writer.submit(rows(f"s{number}")) for number in range(10)]
    bad = writer.submit(broken("bad"))
    more = [writer.submit(rows(f"r{number}")) for number in range(10)]
    switch.hold.set()
    assert {future.result(20) for future in [first, *good, *more]} == {"stored"}
    with pytest.raises(BadRequest, match="cannot take these rows"):
        bad.result(20)
    assert count(store).spans == 21
    assert spool.waiting() == []
    writer.close()


def test_rows_of_two_tables_are_stored_side_by_side(store: Store) -> None:
    """One group may hold rows of several tables, and each outcome stays with its own entry."""
    ledger = Rows(
        "ledger",
        ("project_id", "analyser", "analyser_version", "subject_id", "outcome", "reason", "subject_time", "version"),
        b'[1,"a","1","s","ran","","1795000000000000000",1]\n',
        1,
    )
    assert [type(outcome) for outcome in insert_all(store, [ledger, broken("x"), rows("a")])] == [
        type(None), StoreError, type(None),
    ]  # fmt: skip


def test_rows_go_to_disk_while_the_store_is_away_and_come_back(switch: Switch, spool: Spool, store: Store) -> None:
    """An away store is no error to the client; when it is back the rows are there without anybody asking."""
    switch.fault = StoreAway("away")
    writer = Writer(switch, spool).start()
    assert [writer.submit(rows(f"s{number}")).result(20) for number in range(3)] == ["spooled"] * 3
    assert spool.waiting()
    switch.fault = None
    assert wait_for(store, 3).spans == 3
    deadline = time.monotonic() + 10
    while spool.waiting() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert spool.waiting() == []
    writer.close()


def test_trouble_of_the_store_is_not_blamed_on_the_rows(switch: Switch, spool: Spool) -> None:
    """Where the store itself fails (a full disk, a missing table) rows are kept on disk, not refused."""
    switch.fault = StoreError("no space left", 243)
    writer = Writer(switch, spool).start()
    assert writer.submit(rows("a")).result(20) == "spooled"
    writer.close()


def test_the_queue_is_bounded(switch: Switch, spool: Spool) -> None:
    """Too much that waits is refused before it takes memory, and told to come again."""
    switch.hold.clear()
    writer = Writer(switch, spool, queue_limit_mib=1).start()
    first = writer.submit(rows("a"))
    time.sleep(0.2)  # the writer holds the first group now
    waiting = [writer.submit(rows("b", input_text="x" * 600_000))]
    with pytest.raises(TooMany, match="1 MiB"):
        writer.submit(rows("c", input_text="x" * 600_000))
    switch.hold.set()
    assert {future.result(20) for future in [first, *waiting]} == {"stored"}
    writer.close()


def test_when_neither_store_nor_spool_can_take_rows_the_client_is_told(switch: Switch, tmp_path: Path) -> None:
    """A full spool is an error that a client retries, never a silent loss."""
    switch.fault = StoreAway("away")
    writer = Writer(switch, Spool(tmp_path / "spool", 0)).start()
    with pytest.raises(StoreAway, match="ASSAY_SPOOL_LIMIT_MIB"):
        writer.submit(rows("a")).result(20)
    writer.close()


def test_closing_stores_what_waits(switch: Switch, spool: Spool, store: Store) -> None:
    """A clean end loses nothing, and takes nothing more."""
    switch.hold.clear()
    writer = Writer(switch, spool).start()
    futures = [writer.submit(rows(f"s{number}")) for number in range(5)]
    threading.Timer(0.3, switch.hold.set).start()
    writer.close()
    assert {future.result(0) for future in futures} == {"stored"}
    assert count(store).spans == 5
    with pytest.raises(StoreAway, match="shutting down"):
        writer.submit(rows("late"))


def test_spans_of_many_months_go_in_one_block(store: Store, spool: Spool) -> None:
    """A block may touch more partitions than ClickHouse allows a careless insert."""
    month = 31 * 24 * 3600 * 10**9
    spans = [Span(trace_id="t", span_id=str(n), start_time=START - n * month, end_time=START) for n in range(125)]
    writer = Writer(store, spool).start()
    assert writer.submit(span_rows(1, spans)).result(60) == "stored"
    assert count(store).spans == 125
    writer.close()


def test_a_spooled_row_that_the_store_refuses_is_kept_aside(switch: Switch, spool: Spool, store: Store) -> None:
    """One bad row in the spool does not hold up those behind it, and is not thrown away."""
    spool.put([rows("a"), broken("bad"), rows("b")])
    spool.release()
    writer = Writer(switch, spool).start()
    assert wait_for(store, 2).spans == 2
    deadline = time.monotonic() + 10
    while spool.waiting() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert spool.waiting() == []
    assert len(list((spool.folder / "refused").iterdir())) == 1
    writer.close()


def test_an_unreachable_store_is_away(tmp_path: Path) -> None:
    """A port that nobody listens on sends rows to disk at once, not after a client has given up."""
    nowhere = Store(f"http://u:p@127.0.0.1:{free_port()}/assay")
    writer = Writer(nowhere, Spool(tmp_path / "spool", 1)).start()
    begun = time.monotonic()
    assert writer.submit(rows("a")).result(20) == "spooled"
    assert time.monotonic() - begun < 5
    writer.close()
