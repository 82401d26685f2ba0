"""What is acknowledged is never lost, and never counted twice, whichever process dies."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.ingest.own import OwnStore
from tests.ingest.rows import count, request, wait_for
from tests.ingest.serving import Server, provisioned


def _spooled(server: Server) -> list[Path]:
    return sorted((server.home / "spool").glob("*.spool"))


@pytest.mark.slow
def test_a_store_that_is_away_loses_nothing(own_store: OwnStore, own_server: Server) -> None:
    """Killed, the store's spans go to disk with an answer of 200; back again, it has each of them once."""
    assert own_server.post(request(3, trace=1)).status_code == 200
    own_store.kill()
    for trace in range(2, 6):
        begun = time.monotonic()
        assert own_server.post(request(3, trace=trace)).status_code == 200
        assert time.monotonic() - begun < 5
    assert _spooled(own_server)
    own_store.start()
    found = wait_for(own_store.client, 15)
    assert (found.spans, found.previews, found.traces, found.tokens) == (15, 15, 5, 15 * 7)


@pytest.mark.slow
def test_leftovers_of_a_killed_web_server_are_brought_in(own_store: OwnStore, own_server: Server) -> None:
    """What a killed process left in the spool is stored by the next one, at its start and without a request."""
    own_store.kill()
    assert own_server.post(request(4)).status_code == 200
    own_server.stop(signal.SIGKILL)
    own_store.start()
    assert count(own_store.client).spans == 0
    own_server.start()
    assert wait_for(own_store.client, 4).spans == 4
    deadline = time.monotonic() + 10
    while _spooled(own_server) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _spooled(own_server) == []


@pytest.mark.slow
def test_a_full_spool_is_a_retryable_answer(own_store: OwnStore, tmp_path: Path) -> None:
    """When neither store nor spool can take spans, the answer is one that SDKs send again after: never 500."""
    server = provisioned(tmp_path / "full", ASSAY_STORE_PORT=str(own_store.port), ASSAY_SPOOL_LIMIT_MIB="0")
    server.start()
    own_store.kill()
    answer = server.post(request(1))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    server.stop()


@pytest.mark.slow
def test_killing_processes_under_load_loses_no_acknowledged_span(own_store: OwnStore, own_server: Server) -> None:
    """With clients sending and retrying, store and web are killed in turn; afterwards every 200 is there, once."""
    acknowledged: set[int] = set()
    ended = threading.Event()

    def send(first: int) -> None:
        trace = first
        while not ended.is_set():
            try:
                if own_server.post(request(2, trace=trace)).status_code == 200:
                    acknowledged.add(trace)
                    trace += 10
            except httpx.HTTPError:
                time.sleep(0.05)

    senders = [threading.Thread(target=send, args=(number + 1,)) for number in range(4)]
    for sender in senders:
        sender.start()
    time.sleep(1.5)
    own_store.kill()
    time.sleep(1)
    own_server.stop(signal.SIGKILL)
    own_server.start()
    time.sleep(1)
    own_store.start()
    time.sleep(1.5)
    ended.set()
    for sender in senders:
        sender.join()
    assert len(acknowledged) > 20
    wait_for(own_store.client, 2 * len(acknowledged))
    deadline = time.monotonic() + 20
    while _spooled(own_server) and time.monotonic() < deadline:
        time.sleep(0.1)
    found = count(own_store.client)
    # A request that was stored while its answer was lost may add its two spans; none may be missing or double.
    assert 2 * len(acknowledged) <= found.spans <= 2 * (len(acknowledged) + len(senders))
    assert found.spans == found.previews == 2 * found.traces
    assert found.tokens == 7 * found.spans


@pytest.mark.slow
def test_a_clean_stop_flushes(own_store: OwnStore, own_server: Server) -> None:
    """A server that is told to end answers what it has taken."""
    results: list[int] = []

    def send(trace: int) -> None:
        try:
            results.append(own_server.post(request(5, trace=trace)).status_code)
        except httpx.HTTPError:
            return

    senders = [threading.Thread(target=send, args=(trace,)) for trace in range(1, 21)]
    for sender in senders:
        sender.start()
    time.sleep(0.05)
    own_server.stop(signal.SIGTERM)
    for sender in senders:
        sender.join()
    assert count(own_store.client).spans >= 5 * results.count(200)


@pytest.mark.slow
def test_spans_told_in_parts_survive_a_kill(own_store: OwnStore, own_server: Server) -> None:
    """Killed between the answer and the merging, or in the midst of it, no step is missing and none is double."""
    headers = {"authorization": f"Bearer {own_server.secret}"}
    acknowledged = 0
    for number in range(120):
        trace, moment = f"trace-{number}", f"2026-11-22T17:00:{number % 60:02d}Z"
        told = [
            {"id": f"a{number}", "type": "generation-create", "timestamp": moment,
             "body": {"id": f"o{number}", "traceId": trace, "startTime": moment, "input": "q"}},
            {"id": f"b{number}", "type": "generation-update", "timestamp": moment,
             "body": {"id": f"o{number}", "traceId": trace, "endTime": "2026-11-22T17:02:00Z", "output": "a"}},
        ]  # fmt: skip
        for event in told:
            answer = httpx.post(f"{own_server.url}/api/public/ingestion", json={"batch": [event]}, headers=headers)
            assert answer.status_code == 207
        acknowledged += 1
        if number % 40 == 20:
            time.sleep(0.05 * (number // 40))  # once before the merger's turn, once about at it, once after
            own_server.stop(signal.SIGKILL)
            own_server.start()
    own_server.stop(signal.SIGKILL)
    own_server.start()
    found = wait_for(own_store.client, acknowledged)
    assert (found.spans, found.previews, found.traces) == (acknowledged, acknowledged, acknowledged)
