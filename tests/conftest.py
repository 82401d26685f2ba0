"""What all tests share: one embedded store a session, empty tables for each test, a cast of three people."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from backend.accounts.models import User
from backend.projects.models import ApiKey, Membership, Project, Role, Scope
from backend.store.client import Store
from backend.store.connection import store as shared_store
from backend.store.query import Query
from backend.store.schema import migrate
from tests.present import pytest_collection_modifyitems, pytest_configure, pytest_terminal_summary  # noqa: F401 - hooks

_HOME = Path(os.environ["ASSAY_HOME"])
_MOMENT = re.compile(r"20\d\d-\d\d-\d\d|\d{10,}")
_STORE_PORT = os.environ["ASSAY_STORE_PORT"]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name cases alike in each worker: no moment, no packed bytes and no long text in a name."""
    if isinstance(val, bytes) or (isinstance(val, int) and abs(val) > 10**12):
        return argname
    if isinstance(val, str) and (len(val) > 60 or _MOMENT.search(val)):
        return argname
    return None


@pytest.fixture(scope="session")
def store_process() -> Iterator[subprocess.Popen[bytes]]:
    """The real embedded store, as the product starts it."""
    log = (_HOME / "store.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "backend.store.embedded", "--data", str(_HOME / "store"), "--port", _STORE_PORT],
        stdout=log,
        stderr=log,
        env=os.environ.copy(),
        cwd=Path(__file__).parent.parent,
    )
    yield process
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture(scope="session")
def migrated_store(store_process: subprocess.Popen[bytes]) -> Store:
    """A connection to the session's store with all tables made."""
    shared = shared_store()
    deadline = time.monotonic() + 60
    while not shared.ping():
        if store_process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the embedded store did not start:\n{(_HOME / 'store.log').read_text()[-3000:]}")
        time.sleep(0.1)
    migrate(shared)
    return shared


@dataclass(frozen=True, slots=True)
class _Table:
    name: str


# Most tests fill two or three tables, and emptying one that is empty costs as much.
_FILLED = Query(
    "filled_tables",
    "SELECT name FROM system.tables"
    " WHERE database = currentDatabase() AND total_rows > 0 AND has({tables:Array(String)}, name)",
    _Table,
    scope="installation",
)
TABLES = (
    "span",
    "span_preview",
    "trace_time",
    "turn",
    "embedding",
    "topic_assignment",
    "flag",
    "score",
    "ledger",
    "shadow",
    "wire_part",
    "trace_fate",
)


def empty(full: Store) -> None:
    """Take every row out of the store."""
    for table in full.fetch(_FILLED, tables=list(TABLES)):
        full.command(f"TRUNCATE TABLE {table.name}")


@pytest.fixture
def store(migrated_store: Store) -> Iterator[Store]:
    """The store with empty tables."""
    empty(migrated_store)
    yield migrated_store


class Cast(NamedTuple):
    """Three people and one project: an owner, a member, and a stranger who must see nothing of it."""

    project: Project
    owner: User
    member: User
    stranger: User
    secret: str
    public_key: str


PASSWORD = "correct horse battery"


@pytest.fixture
def cast(db: None) -> Cast:
    """Owner and member of the project ``acme`` and a stranger with a project of her own."""
    project = Project.objects.create(name="Acme", slug="acme")
    elsewhere = Project.objects.create(name="Elsewhere", slug="elsewhere")
    owner = User.objects.create_user("owner@example.com", PASSWORD)
    member = User.objects.create_user("member@example.com", PASSWORD)
    stranger = User.objects.create_user("stranger@example.com", PASSWORD)
    Membership.objects.create(project=project, user=owner, role=Role.OWNER)
    Membership.objects.create(project=project, user=member, role=Role.MEMBER)
    Membership.objects.create(project=elsewhere, user=stranger, role=Role.OWNER)
    key, secret = ApiKey.objects.mint(project, "test", scopes=[Scope.ADMIN])
    return Cast(project, owner, member, stranger, secret, key.public_key)
