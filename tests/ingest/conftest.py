"""A real web server beside the session's store, and servers that a test may kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend.store.client import Store
from tests.conftest import empty
from tests.ingest.own import own_server, own_store  # noqa: F401 - fixtures
from tests.ingest.serving import Server, provisioned


@pytest.fixture(scope="session")
def running(migrated_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the whole session."""
    server = provisioned(tmp_path_factory.mktemp("web"), ASSAY_INGEST_BODY_LIMIT_MIB="2")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(running: Server, store: Store) -> Server:
    """The running server, on empty tables that it writes nothing of an earlier test into."""
    with running.merges_nothing():
        running.settle()
        empty(store)
    return running
