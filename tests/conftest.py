"""What all tests share: one embedded store a session, empty tables for each test, a cast of three people."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Settings are read at the first import of backend.settings, so they are made before anything else.
_HOME = Path(tempfile.mkdtemp(prefix="assay-test-"))
_STORE_PORT = free_port()
for _name in [
    name for name in os.environ if name.startswith("ASSAY_") and not name.startswith(("ASSAY_TEST_", "ASSAY_SHARED"))
]:
    del os.environ[_name]
os.environ.update(
    ASSAY_HOME=str(_HOME),
    ASSAY_STORE_PORT=str(_STORE_PORT),
    ASSAY_STORE_SECRET=secrets.token_urlsafe(16),
    HF_HUB_OFFLINE="1",
    OMP_NUM_THREADS="1",
    TOKENIZERS_PARALLELISM="false",
)
if os.environ.get("ASSAY_TEST_POSTGRES_URL"):
    os.environ["ASSAY_DATABASE_URL"] = os.environ["ASSAY_TEST_POSTGRES_URL"]

from backend.store.client import Store  # noqa: E402 - after the settings stand


@pytest.fixture(scope="session")
def store_process() -> Iterator[subprocess.Popen[bytes]]:
    """The real embedded store, as the product starts it."""
    log = (_HOME / "store.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "backend.store.embedded", "--data", str(_HOME / "store"), "--port", str(_STORE_PORT)],
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
    from backend.store.connection import store
    from backend.store.schema import migrate

    shared = store()
    deadline = time.monotonic() + 60
    while not shared.ping():
        if store_process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the embedded store did not start:\n{(_HOME / 'store.log').read_text()[-3000:]}")
        time.sleep(0.1)
    migrate(shared)
    return shared


TABLES = ("span", "span_preview", "trace_time", "turn", "embedding", "topic_assignment", "flag", "score", "ledger")


@pytest.fixture
def store(migrated_store: Store) -> Iterator[Store]:
    """The store with empty tables."""
    for table in TABLES:
        migrated_store.command(f"TRUNCATE TABLE {table}")
    yield migrated_store


class Cast(NamedTuple):
    """Three people and one project: an owner, a member, and a stranger who must see nothing of it."""

    project: object
    owner: object
    member: object
    stranger: object
    secret: str
    public_key: str


PASSWORD = "correct horse battery"


@pytest.fixture
def cast(db: None) -> Cast:
    """Owner and member of the project ``acme`` and a stranger with a project of her own."""
    from backend.accounts.models import User
    from backend.projects.models import ApiKey, Membership, Project, Role

    project = Project.objects.create(name="Acme", slug="acme")
    elsewhere = Project.objects.create(name="Elsewhere", slug="elsewhere")
    owner = User.objects.create_user("owner@example.com", PASSWORD)
    member = User.objects.create_user("member@example.com", PASSWORD)
    stranger = User.objects.create_user("stranger@example.com", PASSWORD)
    Membership.objects.create(project=project, user=owner, role=Role.OWNER)
    Membership.objects.create(project=project, user=member, role=Role.MEMBER)
    Membership.objects.create(project=elsewhere, user=stranger, role=Role.OWNER)
    key, secret = ApiKey.objects.mint(project, "test")
    return Cast(project, owner, member, stranger, secret, key.public_key)
