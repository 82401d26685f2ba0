"""A store that is away, hangs or is slow, and a full disk: what was acknowledged is there in the end, once."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from backend.store import spool as spool_module
from backend.store.client import Store
from backend.store.rows import Rows, span_rows
from backend.store.spool import Spool
from backend.store.writer import Writer
from backend.telemetry.span import Span
from tests.ingest.own import OwnStore
from tests.ingest.rows import count, request, wait_for
from tests.ingest.serving import Server

AWAY_S = float(os.environ.get("ASSAY_TEST_AWAY_S", "10"))
"""How long the store is away; 300 by hand, for the five minutes of a real restart."""


class Senders:
    """Clients that send traces of two spans, each again and again until it is acknowledged."""

    def __init__(self, server: Server, clients: int = 4, pause_s: float = 0.0) -> None:
        self.acknowledged: set[int] = set()
        self.slowest_s = 0.0
        self._server, self._pause_s = server, pause_s
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(n + 1, clients)) for n in range(clients)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End once what was begun is acknowledged."""
        self._ended.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a trace was not acknowledged within a minute"

    def _send(self, trace: int, step: int) -> None:
        while not self._ended.is_set():
            begun = time.monotonic()
            while not self._took(trace):
                time.sleep(0.1)
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
            self.acknowledged.add(trace)
            trace += step
            time.sleep(self._pause_s)

    def _took(self, trace: int) -> bool:
        try:
            status = self._server.post(request(2, trace=trace)).status_code
        except httpx.TransportError:
            return False
        assert status in {200, 429, 502, 503, 504}, f"{status}: clients would drop this"
        return status == 200


def _check(own_store: OwnStore, server: Server, senders: Senders) -> None:
    wanted = len(senders.acknowledged)
    assert wanted > 20
    wait_for(own_store.client, 2 * wanted, seconds=60)
    server.settle(30)
    # Spans may be seen a moment before the views of their block are.
    found = count(own_store.client)
    time.sleep(1)
    assert found == count(own_store.client)
    assert (found.spans, found.previews, found.traces, found.tokens) == (2 * wanted, 2 * wanted, wanted, 14 * wanted)


@pytest.mark.slow
def test_a_store_that_is_away_for_long_is_caught_up_with(own_store: OwnStore, own_server: Server) -> None:
    """Under load all the while, answers stay quick, and afterwards each acknowledged span is there once."""
    senders = Senders(own_server, pause_s=0.02)
    time.sleep(1)
    own_store.kill()
    time.sleep(AWAY_S)
    own_store.start()
    time.sleep(2)
    senders.stop()
    assert senders.slowest_s < AWAY_S
    _check(own_store, own_server, senders)


@pytest.mark.slow
def test_a_store_that_hangs_holds_up_no_answer(own_store: OwnStore, own_server: Server) -> None:
    """Stopped again and again in the midst of blocks, it is slow beyond measure; clients do not feel it."""
    senders = Senders(own_server, pause_s=0.02)
    for seconds in (0.7, 12, 0.7):
        time.sleep(0.5)
        own_store.send(signal.SIGSTOP)
        time.sleep(seconds)
        own_store.send(signal.SIGCONT)
    senders.stop()
    assert senders.slowest_s < 10
    _check(own_store, own_server, senders)


@pytest.mark.slow
def test_a_web_server_killed_while_the_store_hangs_loses_nothing(own_store: OwnStore, own_server: Server) -> None:
    """What hung between disk and store is brought in by the next process, whether the store had taken it or not."""
    senders = Senders(own_server, pause_s=0.02)
    time.sleep(0.5)
    for _ in range(2):
        own_store.send(signal.SIGSTOP)
        time.sleep(0.7)
        own_server.stop(signal.SIGKILL)
        own_store.send(signal.SIGCONT)
        own_server.start()
        time.sleep(0.5)
    senders.stop()
    _check(own_store, own_server, senders)


def test_a_disk_that_fills_in_the_midst_of_a_file_loses_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a file is no group: its rows go to the store, or their sender is told, and no half is left behind."""
    whole = spool_module._write_through
    full = threading.Event()

    def write(path: Path, text: bytes) -> None:
        if full.is_set():
            path.write_bytes(text[: len(text) // 2])
            raise OSError(28, "No space left on device")
        whole(path, text)

    monkeypatch.setattr(spool_module, "_write_through", write)
    spool = Spool(tmp_path / "spool", 64)
    writer = Writer(store, spool).start()
    for number in range(30):
        (full.set if number % 10 == 5 else full.clear)()
        writer.submit(_two(number), stored=False).result(20)
    writer.close()
    assert count(store).spans == 60
    assert [path for path in spool.folder.iterdir() if path.suffix != ".owner"] == []


def _two(trace: int) -> Rows:
    spans = [
        Span(trace_id=str(trace), span_id=name, start_time=1_795_000_000 * 10**9, end_time=1_795_000_000 * 10**9)
        for name in "ab"
    ]
    return span_rows(1, spans)
