"""What the tests of imports share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.store.client import Store
from backend.store.spool import Spool
from backend.store.writer import Writer


@pytest.fixture
def writer(store: Store, tmp_path: Path) -> Iterator[Writer]:
    """A running writer."""
    running = Writer(store, Spool(tmp_path / "spool", 10)).start()
    yield running
    running.close()
