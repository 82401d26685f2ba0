"""A store and a web server of a test's own, which it may kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.store.client import Store
from backend.store.schema import migrate
from tests.ingest.serving import ROOT, Server, provisioned
from tests.settings import free_port


class OwnStore:
    """An embedded store that a test may kill."""

    def __init__(self, home: Path) -> None:
        self._home, self.port = home, free_port()
        self._secret = os.environ["ASSAY_STORE_SECRET"]
        self.client = Store(f"http://assay:{self._secret}@127.0.0.1:{self.port}/assay")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with its tables, and wait until it answers."""
        log = (self._home / "store.log").open("ab")
        where = ["--data", str(self._home / "data"), "--port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backend.store.embedded", *where], cwd=ROOT, stdout=log, stderr=log
        )
        deadline = time.monotonic() + 60
        while not self.client.ping():
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        migrate(self.client)

    def send(self, number: int) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a crash does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[OwnStore]:
    """A running store of this test's own."""
    own = OwnStore(tmp_path)
    own.start()
    yield own
    own.kill()


@pytest.fixture
def own_server(own_store: OwnStore, tmp_path: Path) -> Iterator[Server]:
    """A running web server on the test's own store."""
    server = provisioned(tmp_path / "web-home", ASSAY_STORE_PORT=str(own_store.port))
    server.settles = False
    server.start()
    yield server
    server.stop(signal.SIGKILL)
