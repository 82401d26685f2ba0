"""A writer on the real store, and on one that can be taken away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.store.client import Store
from backend.store.spool import Spool
from backend.store.writer import Writer
from tests.backend.store.switch import Switch


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """An empty spool."""
    return Spool(tmp_path / "spool", 1)


@pytest.fixture
def writer(store: Store, spool: Spool) -> Iterator[Writer]:
    """A running writer on the real store."""
    running = Writer(store, spool).start()
    yield running
    running.close()


@pytest.fixture
def switch(store: Store) -> Switch:
    """The real store behind a switch."""
    return Switch(store)
