"""A real web server with a project and a key of its own."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.settings import free_port

ROOT = Path(__file__).parent.parent.parent
_PROVISION = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from backend.projects.models import ApiKey, Project
for number, slug in enumerate(["one", "two"]):
    key, secret = ApiKey.objects.mint(Project.objects.create(name=slug, slug=slug), "t", public_key=f"pk-{slug}",
                                      secret=f"sk-{slug}", scopes=["admin"])
"""
PROTOBUF = "application/x-protobuf"


@dataclass
class Server:
    """One web server; ``project_id`` is that of ``secret``.

    Attributes:
        settles: whether ``post`` waits until what was answered for is also stored.
    """

    home: Path
    environment: dict[str, str]
    port: int
    secret: str = "sk-one"
    public_key: str = "pk-one"
    project_id: int = 1
    process: subprocess.Popen[bytes] | None = None
    settles: bool = True

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = (self.home / "web.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "--factory", "ingest.asgi:application", "--port", str(self.port),
             "--no-access-log", "--log-level", "warning"],
            env=self.environment, cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{self.url}/v1/traces")
            except httpx.HTTPError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    pytest.fail(f"the web server did not start:\n{(self.home / 'web.log').read_text()[-3000:]}")
                time.sleep(0.1)
            else:
                return

    def stop(self, signal_number: int = signal.SIGTERM) -> None:
        """End it and wait for its end."""
        if self.process is not None:
            self.process.send_signal(signal_number)
            self.process.wait(30)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def post(self, body: bytes, path: str = "/v1/traces", **headers: str) -> httpx.Response:
        """Send a body with the right key and as protobuf, unless headers say otherwise."""
        given = {"authorization": f"Bearer {self.secret}", "content-type": PROTOBUF}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = httpx.post(f"{self.url}{path}", content=body, headers=given, timeout=60)
        if answer.is_success and self.settles:
            self.settle()
        return answer

    def settle(self, seconds: float = 10) -> None:
        """Wait until the store has what the server has answered for."""
        deadline = time.monotonic() + seconds
        while any((self.home / "spool").glob("*.spool")):
            assert time.monotonic() < deadline, "what is safe on disk is not being stored"
            time.sleep(0.02)

    @contextmanager
    def merges_nothing(self) -> Iterator[None]:
        """Keep it from merging; a merge that is under way is waited for, so that its spans are at least on disk."""
        folder = self.home / "merging"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / "merge.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def run(self, code: str, *arguments: str) -> str:
        """Run a script in the server's settings."""
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], env=self.environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def provisioned(home: Path, **settings: str) -> Server:
    """A server that is not started, on the session's store."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {**os.environ, "ASSAY_HOME": str(home), "ASSAY_PORT": str(port), "ASSAY_GRPC_PORT": "0", **settings}
    environment["DJANGO_SETTINGS_MODULE"] = "backend.settings"
    environment["ASSAY_DATABASE_URL"] = f"sqlite:///{home / 'assay.sqlite3'}"
    server = Server(home, environment, port)
    server.run(_PROVISION)
    return server
