"""`kill -9` of each process in turn, under load: no acknowledged span is lost, no number on any page is doubled."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from backend.store.client import Store
from backend.store.query import Query
from tests.faults.load import EMPTY_EVERY, TOKENS, Load
from tests.running import Running

SECRET = "sk-assay-kill-test-secret"
PASSWORD = "correct horse battery"
PARTS = {"store": "backend.store.embedded", "web": "uvicorn", "worker": "worker --pool", "beat": "beat --loglevel"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A span that the store has."""

    trace_id: str
    span_id: str


_KEPT = Query("test_kept", "SELECT trace_id, span_id FROM span FINAL WHERE project_id = {project_id:UInt32}", Kept)


@pytest.mark.slow
def test_each_process_may_be_killed_under_load(start: Callable[..., Running]) -> None:
    """Store, web, worker and beat are killed while clients send; all come back, and every count is exact."""
    running = start(
        init_email="ada@example.com",
        init_password=PASSWORD,
        init_project="Kill",
        init_public_key="pk-assay-kill",
        init_secret_key=SECRET,
        store_secret="kill-test-store",
    )
    running.until(lambda: "Assay answers at" in running.said(), 90)
    load = Load(running.url, SECRET).start()
    for name, part in PARTS.items():
        _send_some(load)
        old = running.kill(part)
        running.until(lambda part=part, old=old: running.pid_of(part) not in {None, old})  # type: ignore[misc]
        assert f"{name} was killed by SIGKILL" in running.said()
    _send_some(load)
    load.stop()
    running.until(lambda: _is_ready(running))

    wanted = len(load.acknowledged)
    print(f"{wanted} traces acknowledged, {load.retries} sent again")
    _check_store(running, load)
    seen = _settled(running, wanted)
    assert seen == {
        "traces": wanted,
        "turns": wanted,
        "conversations": wanted,
        "flagged_turns": sum(number % EMPTY_EVERY == 0 for number in load.acknowledged),
        "input_tokens": wanted * TOKENS,
        "errors": 0,
    }
    assert re.search(rf"\b{wanted:,}\b", _overview_page(running))
    assert running.stop() == 0


def _send_some(load: Load) -> None:
    """Wait until another 40 traces are acknowledged, so that each kill meets work under way."""
    goal, deadline = len(load.acknowledged) + 40, time.monotonic() + 60
    while len(load.acknowledged) < goal:
        assert time.monotonic() < deadline, "nothing is acknowledged any more"
        time.sleep(0.05)


def _is_ready(running: Running) -> bool:
    try:
        return httpx.get(f"{running.url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _check_store(running: Running, load: Load) -> None:
    """Each acknowledged span is there once; what an earlier web server put on disk is brought in by the next."""
    store = Store(f"http://assay:kill-test-store@127.0.0.1:{running.store_port}/assay")
    wanted = {(f"{number:032x}", f"{number * 4 + span:016x}") for number in load.acknowledged for span in (1, 2)}
    running.until(lambda: len(store.fetch(_KEPT, project_id=1)) >= len(wanted))
    kept = [(row.trace_id, row.span_id) for row in store.fetch(_KEPT, project_id=1)]
    assert len(kept) == len(set(kept))
    assert set(kept) == wanted


def _settled(running: Running, wanted: int) -> dict[str, Any]:
    """The API's figures once the analysis has caught up, and a while later: a doubled one would show then."""
    flagged = wanted // EMPTY_EVERY
    running.until(lambda: _figures(running)["turns"] >= wanted and _figures(running)["flagged_turns"] >= flagged, 60)
    time.sleep(4)
    return _figures(running)


def _figures(running: Running) -> dict[str, Any]:
    answer = httpx.get(f"{running.url}/api/v1/overview", headers={"Authorization": f"Bearer {SECRET}"})
    now = answer.raise_for_status().json()["found"]["now"]
    return {name: now[name] for name in ("traces", "turns", "conversations", "flagged_turns", "input_tokens", "errors")}


def _overview_page(running: Running) -> str:
    with httpx.Client(base_url=running.url, follow_redirects=True) as client:
        form = client.get("/sign-in").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token
        fields = {"username": "ada@example.com", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        client.post("/sign-in", data=fields).raise_for_status()
        return client.get("/p/kill/").raise_for_status().text
