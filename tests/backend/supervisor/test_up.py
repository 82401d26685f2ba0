"""`make up` from start to Ctrl-C, with small programs in place of the real ones where those would only cost time."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from backend.env import Env
from backend.supervisor.commands import programs
from backend.supervisor.probe import is_taken
from backend.supervisor.up import StartError, up
from tests.running import Running
from tests.settings import free_port

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_up_answers_prints_the_password_once_and_ends_in_order(start: Callable[..., Running]) -> None:
    """Address and password are shown at the first start only, and kept in no file; Ctrl-C ends the store last."""
    first = start()
    first.until(lambda: "Assay answers at" in first.said())
    found = re.search(r"password  (\S+)", first.said())
    assert found
    with urlopen(f"http://127.0.0.1:{first.port}/readyz") as answer:
        assert answer.status == 200
    assert first.stop() == 0
    ended = re.findall(r"(\w+) ended after", first.said())
    assert ended == ["web", "worker", "beat", "store"]
    kept = b"".join(path.read_bytes() for path in first.home.rglob("*") if path.is_file() and "store" not in path.parts)
    assert found[1].encode() not in kept

    second = start()
    second.until(lambda: "Assay answers at" in second.said())
    assert "password" not in second.said()
    assert second.stop(signal.SIGTERM) == 0


def test_a_taken_port_is_named_with_its_setting(tmp_path: Path) -> None:
    """The message says which port and which setting, and nothing was started."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=rf"port {port} on 127.0.0.1 .* set ASSAY_PORT"):
            up(Env(home=tmp_path, port=port, store_port=free_port()))
        with pytest.raises(StartError, match=rf"port {port} on 127.0.0.1 .* set ASSAY_STORE_PORT"):
            up(Env(home=tmp_path, port=free_port(), store_port=port))
    assert not (tmp_path / "store").exists()


def test_a_second_supervisor_of_one_home_is_refused(tmp_path: Path) -> None:
    """The message names the process that holds the folder."""
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / "lock").open("w") as lock:
        lock.write("4242")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StartError, match=r"runs already .*process 4242"):
            up(Env(home=tmp_path, port=free_port()))


def test_a_wrong_setting_ends_the_start_with_one_line() -> None:
    """No traceback: what, where and what to do."""
    environ = {**os.environ, "ASSAY_PORT": "eighty"}
    done = subprocess.run(
        [sys.executable, "-m", "backend.supervisor"], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "assay: ASSAY_PORT is 'eighty'; it must be a whole number\n"


def test_a_clickhouse_server_replaces_the_embedded_store() -> None:
    """With ASSAY_CLICKHOUSE_URL no store process is started."""
    assert [program.name for program in programs(Env())] == ["store", "web", "worker", "beat"]
    assert [program.name for program in programs(Env(clickhouse_url="http://ch:8123/assay"))] == [
        "web",
        "worker",
        "beat",
    ]


def test_a_free_port_is_not_taken() -> None:
    """The look at a port leaves it as it was."""
    port = free_port()
    assert not is_taken("127.0.0.1", port)
    assert not is_taken("127.0.0.1", port)
