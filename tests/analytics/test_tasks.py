"""A real worker with a real broker: pokes arrive, and kill -9 in the middle of the work costs and doubles nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.store.client import Store
from tests.analytics.pipeline.building import chat, put

ROOT = Path(__file__).parent.parent.parent
BROKERS = [
    pytest.param("", id="filesystem"),
    pytest.param(os.environ.get("ASSAY_TEST_REDIS_URL", "none"), id="redis", marks=pytest.mark.redis),
]
WITHIN_S = 120
"""A killed worker's claim lasts 30 s, the model loads in a few, and the machine may be busy."""


class Site:
    """An installation of its own: database, broker, worker and beat; the session's store."""

    def __init__(self, home: Path, broker: str) -> None:
        self.home = home
        self.env = {**os.environ, "ASSAY_HOME": str(home), "DJANGO_SETTINGS_MODULE": "backend.settings"}
        self.env.pop("ASSAY_DATABASE_URL", None)
        if broker:
            self.env["ASSAY_BROKER_URL"] = broker
        self.running: list[subprocess.Popen[bytes]] = []

    def python(self, *arguments: str) -> str:
        """Run Python to its end."""
        return subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.env, check=True, capture_output=True, text=True
        ).stdout

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a Celery program."""
        log = (self.home / f"{arguments[0]}.log").open("ab")
        command = [sys.executable, "-m", "celery", "-A", "backend.celery", *arguments, "--loglevel", "INFO"]
        process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        self.running.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        """Start the worker as the product does."""
        return self.start("worker", "--pool=threads", "--concurrency=2", "--without-gossip", "--without-mingle")

    def stop(self) -> None:
        """End what runs."""
        for process in self.running:
            process.kill()
            process.wait(10)


@pytest.fixture
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """An installation with one project."""
    broker = request.param
    if broker == "none":
        pytest.skip("ASSAY_TEST_REDIS_URL names no Redis server")
    made = Site(tmp_path, broker)
    made.python("manage.py", "migrate", "--verbosity", "0")
    made.python("manage.py", "shell", "-c", "from backend.projects.models import *; Project.objects.create(slug='a')")
    yield made
    made.stop()


def wait_for(store: Store, sql: str, wanted: list[tuple[Any, ...]], log: Callable[[], str]) -> None:
    """Ask until the answer is the wanted one."""
    deadline = time.monotonic() + WITHIN_S
    found: Any = None
    while time.monotonic() < deadline:
        found = store._client().query(sql).result_rows
        if found == wanted:
            return
        time.sleep(0.5)
    pytest.fail(f"{sql}: {found}, not {wanted}\n{log()[-3000:]}")


def some_conversations(count: int) -> list[Any]:
    """Fifty different questions; two of three answers are empty, the others the same, so 51 texts get vectors."""
    return [
        one
        for number in range(count)
        for one in chat(f"t{number}", f"Question {number % 50}", "" if number % 3 else "A.")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("site", BROKERS, indirect=True)
def test_a_worker_that_is_killed_loses_and_doubles_nothing(site: Site, store: Store) -> None:
    """Beat pokes, the worker works, is killed twice, and in the end every number is what it should be."""
    put(store, 1, some_conversations(600))
    site.start("beat", "--schedule", str(site.home / "beat"), "--pidfile=")
    worker = site.worker()

    def log() -> str:
        return (site.home / "worker.log").read_text()

    deadline = time.monotonic() + WITHIN_S
    while not store._client().query("SELECT count() FROM turn").result_rows[0][0]:
        assert time.monotonic() < deadline, log()[-3000:]
        time.sleep(0.05)
    worker.kill()
    worker.wait(10)
    put(store, 1, chat("later", "Question 7", "A."))
    worker = site.worker()
    time.sleep(5)
    worker.kill()
    worker.wait(10)
    site.worker()
    wait_for(store, "SELECT count(), countIf(turn_id = 'later.0') FROM turn FINAL", [(601, 1)], log)
    wait_for(store, "SELECT count(), uniqExact(turn_id) FROM flag FINAL", [(400, 400)], log)
    wait_for(store, "SELECT count(), uniqExact(text_key) FROM embedding FINAL", [(51, 51)], log)
    wait_for(store, "SELECT fit_id = max(fit_id) OVER (), count() FROM topic_assignment FINAL GROUP BY fit_id"
             " ORDER BY 1 DESC LIMIT 1", [(1, 601)], log)  # fmt: skip
    counted = "from backend.review.models import ReviewItem as R; print(R.objects.filter(origin='flag').count())"
    assert site.python("manage.py", "shell", "-c", counted).split()[-1] == "400"
