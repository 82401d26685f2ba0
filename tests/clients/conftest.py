"""The product that clients send to, and the running of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from backend.store.client import Store
from tests.clients.client import play
from tests.clients.model import started
from tests.ingest.conftest import Server, provisioned


@pytest.fixture(scope="session")
def product(migrated_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A web server, one for all: a second would merge anew what the first was told."""
    server = provisioned(tmp_path_factory.mktemp("clients"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def run(product: Server, store: Store) -> Iterator[Callable[[str], str]]:
    """Run a client to its end, which must be a good one, and return what it printed."""
    model = started()

    yield lambda name: play(name, product, f"http://127.0.0.1:{model.server_port}/v1")
    model.shutdown()
