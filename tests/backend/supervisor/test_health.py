"""Container health checks look at an address or a pulse, without Django."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from backend.env import Env
from backend.supervisor.child import pulse_path
from backend.supervisor.health import PULSE_WITHIN_S, is_healthy
from tests.settings import free_port

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("age_s", "healthy"), [(1, True), (PULSE_WITHIN_S + 5, False), (None, False)])
def test_a_worker_is_well_while_its_pulse_is_young(tmp_path: Path, age_s: float | None, healthy: bool) -> None:
    """A worker that hangs touches nothing; one that never started has no file."""
    pulse = pulse_path(tmp_path, "worker")
    if age_s is not None:
        pulse.parent.mkdir()
        pulse.touch()
        os.utime(pulse, (time.time() - age_s, time.time() - age_s))
    assert is_healthy(Env(home=tmp_path), "worker") is healthy


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (None, False)])
def test_web_is_well_while_it_answers_200(tmp_path: Path, status: int | None, healthy: bool) -> None:
    """An error or silence is not well."""

    class Face(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status or 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    port = free_port()
    if status:
        server = HTTPServer(("127.0.0.1", port), Face)
        threading.Thread(target=server.handle_request, daemon=True).start()
    assert is_healthy(Env(home=tmp_path, port=port), "web") is healthy


def test_the_check_imports_no_django(tmp_path: Path) -> None:
    """It runs every few seconds in each container."""
    script = (
        "import sys; from backend.supervisor.__main__ import main; code = main(['healthy', 'worker']); "
        "print(code, 'django' in sys.modules, 'chdb' in sys.modules, 'celery' in sys.modules)"
    )
    environ = {**os.environ, "ASSAY_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.stdout.split() == ["1", "False", "False", "False"]


@pytest.mark.parametrize("arguments", [["nobody"], ["healthy", "nobody"], ["a", "b", "c"]])
def test_unknown_words_get_the_usage(arguments: list[str]) -> None:
    """A typing mistake is answered with what there is."""
    done = subprocess.run(
        [sys.executable, "-m", "backend.supervisor", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "healthy (web | worker | beat | store)" in done.stderr
