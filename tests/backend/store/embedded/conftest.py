"""Real processes of the embedded store, one a module."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import pytest

SECRET = "not' a \\ guess"
KNOWN = {"X-ClickHouse-User": "assay", "X-ClickHouse-Key": SECRET}
ROOT = Path(__file__).parents[4]


@dataclass
class Started:
    """A running process and where it answers."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    clients: list[Any] = field(default_factory=list)

    known = KNOWN

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **arguments: Any) -> Any:
        """The unmodified client of the server."""
        client = clickhouse_connect.get_client(
            **{
                "host": "127.0.0.1",
                "port": self.port,
                "username": "assay",
                "password": SECRET,
                "database": "assay",
                "tz_mode": "aware",
                "autogenerate_session_id": False,
                **arguments,
            }
        )
        self.clients.append(client)
        return client

    def post(self, body: Any = b"", headers: dict[str, str] | None = None, **params: str) -> httpx.Response:
        """A request by hand."""
        return httpx.post(self.url, content=body, params=params, headers={**KNOWN, **(headers or {})}, timeout=30)

    def raw(self, target: str) -> httpx.Response:
        """A GET whose path and parameters are sent as they stand."""
        request = httpx.Request("GET", self.url, headers=KNOWN, extensions={"target": target.encode()})
        with httpx.Client() as client:
            return client.send(request)

    def memory_mib(self) -> int:
        """Resident memory of the process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) // 1024

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


def launch(data: Path, *arguments: str) -> Started:
    """Start a process and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "backend.store.embedded", "--data", str(data), "--port", str(port), *arguments]
    environment = {**os.environ, "ASSAY_STORE_SECRET": SECRET, "OMP_NUM_THREADS": "1"}
    with (data.parent / "store.log").open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    started = Started(data, port, process)
    for _ in range(600):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{started.url}/ping").text == "Ok.\n":
                return started
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError((data.parent / "store.log").read_text())


@pytest.fixture(scope="module")
def launched() -> Iterator[Callable[..., Started]]:
    """Starts processes; whatever still runs at the end of the module is ended."""
    all_started: list[Started] = []

    def start(*arguments: Any) -> Started:
        all_started.append(launch(*arguments))
        return all_started[-1]

    yield start
    for started in all_started:
        if started.process.poll() is None:
            started.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def store(launched: Callable[..., Started], tmp_path_factory: pytest.TempPathFactory) -> Started:
    """One process for the module, with small limits."""
    data = tmp_path_factory.mktemp("store") / "data"
    return launched(data, "--body-mib", "8", "--memory-mib", "1500", "--no-fsync")


@pytest.fixture(scope="module")
def client(store: Started) -> Any:
    """A client of that process."""
    return store.client()
