"""What ingest costs in other products, with the bodies of ``tests.benchmarks.ingest``; each where it is installed.

Both run with what they use by default, an SQLite file, in a fresh folder on free ports. They are no requirement of
Assay's: ``python -m venv peers && peers/bin/pip install mlflow arize-phoenix``, then
``python -m tests.benchmarks.ingest --peers peers/bin``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.benchmarks.processes import cpu_s, until_up
from tests.settings import free_port

_IDLE_S: Final = 3.0
_IDLE_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Peer:
    """How another product is started; ``{port}``, ``{other_port}`` and ``{home}`` are filled in.

    Attributes:
        name: its name and its command.
        command: its arguments.
        environment: what it reads beside them.
        headers: what a request needs.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    headers: dict[str, str]


PEERS: Final = (
    Peer("mlflow",
         ("server", "--port", "{port}", "--workers", "1", "--backend-store-uri", "sqlite:///{home}/mlflow.db"),
         {}, {"x-mlflow-experiment-id": "0"}),
    Peer("phoenix", ("serve",),
         {"PHOENIX_PORT": "{port}", "PHOENIX_GRPC_PORT": "{other_port}", "PHOENIX_WORKING_DIR": "{home}"}, {}),
)  # fmt: skip


def installed(folder: str) -> list[tuple[Peer, str]]:
    """Those whose command is in a folder, with the command's path; on the path where the folder is empty text."""
    found = [(peer, shutil.which(peer.name, path=folder or None)) for peer in PEERS]
    return [(peer, path) for peer, path in found if path]


def told(peer: Peer, path: str, bodies: list[bytes], spans_each: int) -> str:
    """Send bodies one after the other, wait until nothing works any more, and say what that cost.

    Args:
        peer: the product.
        path: its command.
        bodies: requests.
        spans_each: spans of each.
    """
    with _running(peer, path) as (url, process_id):
        headers = {"content-type": "application/x-protobuf", **peer.headers}
        with httpx.Client(headers=headers, timeout=300) as client:
            client.post(url, content=bodies[0]).raise_for_status()  # the first makes tables and loads code
            _until_idle(process_id)
            before, begun = cpu_s(process_id), time.monotonic()
            for body in bodies[1:]:
                client.post(url, content=body).raise_for_status()
        answered_s = time.monotonic() - begun
        idle_s = _until_idle(process_id)
        stored_s = time.monotonic() - begun - idle_s
        spans, used_s = (len(bodies) - 1) * spans_each, cpu_s(process_id) - before
    return (
        f"{peer.name}: {spans / used_s:,.0f} spans per CPU-second; {spans:,} spans answered in {answered_s:.0f} s,"
        f" at rest after {stored_s:.0f} s"
    )


@contextmanager
def _running(peer: Peer, path: str) -> Iterator[tuple[str, int]]:
    with tempfile.TemporaryDirectory(prefix="assay-peer-", ignore_cleanup_errors=True) as home:
        names = {"port": str(free_port()), "other_port": str(free_port()), "home": home}
        environment = os.environ | {name: value.format(**names) for name, value in peer.environment.items()}
        log = (Path(home) / "log").open("wb")
        process = subprocess.Popen(
            [path, *(part.format(**names) for part in peer.command)],
            env=environment, cwd=home, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            until_up(process, f"http://127.0.0.1:{names['port']}/", Path(home) / "log")
            yield f"http://127.0.0.1:{names['port']}/v1/traces", process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def _until_idle(process_id: int) -> float:
    """Wait until a process and those it started use a tenth of a core at most; how long they have been at rest."""
    while True:
        before = cpu_s(process_id)
        time.sleep(_IDLE_S)
        if cpu_s(process_id) - before < _IDLE_S * _IDLE_SHARE:
            return _IDLE_S
