"""Benchmarks are no part of a run of tests, so each is tried with little, lest it break unseen."""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import peers, store
from tests.benchmarks.ingest import body
from tests.running import printed_by

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_pages_are_measured() -> None:
    """Every page that is asked for answers, and each gets a line of figures."""
    printed = printed_by("tests.benchmarks.pages", "--smoke")
    lines = [line for line in printed.splitlines() if re.search(r"(\s+[\d.]+){8,}$", line)]
    names = {line[:38].strip() for line in lines}
    assert {"overview (14 days)", "traces, 30 days", "facet status, 30 days", "trace of 300 spans, spans"} <= names
    assert "there is no such page" not in printed


@pytest.mark.slow
def test_the_analysis_is_measured() -> None:
    """Every stage and every detector gets a line of figures."""
    printed = printed_by("tests.benchmarks.analysis", "--smoke")
    for stage in ("pair", "assemble", "embed", "detect", "compare", "fit", "assign", "review"):
        assert re.search(rf"^{stage}.*\d (traces|turns|conversations)$", printed, re.MULTILINE), printed
    assert len(re.findall(r"^  detector \w+ +\d+ us", printed, re.MULTILINE)) > 3
    assert re.search(r"became [1-9]\d* vectors, [1-9]\d* topics, [1-9]\d* flags", printed), printed


@pytest.mark.slow
def test_ingest_is_measured() -> None:
    """Batches and single spans each get a line of figures."""
    printed = printed_by("tests.benchmarks.ingest", "--seconds", "0.5")
    assert len(re.findall(r"connections: [\d,]+ spans per CPU-second", printed)) == 2


_PEER = """#!{python}
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        sum(range(10**6))
        self.send_response(200 if self.headers["x-mlflow-experiment-id"] == "0" else 400)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Answer).serve_forever()
"""


@pytest.mark.slow
def test_other_products_are_measured(tmp_path: Path) -> None:
    """Each that is installed is started, sent the same bodies and waited for; here one that only reads them."""
    command = tmp_path / "mlflow"
    command.write_text(_PEER.format(python=sys.executable))
    command.chmod(0o755)
    ((peer, path),) = peers.installed(str(tmp_path))
    said = peers.told(peer, path, [body(1, 25)] * 9, 100)
    assert re.match(r"mlflow: [1-9][\d,]* spans per CPU-second; 800 spans answered in \d+ s, at rest after", said), said


@pytest.mark.slow
def test_ingest_is_watched() -> None:
    """A trace is looked for until it stands on its page, and memory is told for each share."""
    printed = printed_by("tests.benchmarks.steady", "visible", "--seconds", "1", "--rate", "100")
    assert re.search(r"^2 traces at 100 spans/s: on their page after p50 \d", printed), printed
    printed = printed_by("tests.benchmarks.steady", "memory", "--spans", "2000")
    assert re.search(r"^ +2,000 spans: web [1-9]\d* MiB, store [1-9]\d* MiB", printed), printed


@pytest.mark.slow
def test_the_store_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Start, selects and inserts each get a line of figures, here of a tenth of a second each."""
    repeated, spread = store.repeated, store.spread

    def shortly(port: int, deed: Callable[[Any], object], clients: int, _seconds: float) -> float:
        return repeated(port, deed, clients, 0.1)

    monkeypatch.setattr(store, "repeated", shortly)
    monkeypatch.setattr(store, "spread", lambda deed, _times: spread(deed, 5))
    store.main()
    printed = capsys.readouterr().out
    assert len(re.findall(r"p50 [\d.]+ ms, p95 [\d.]+ ms", printed)) == 5
    assert len(re.findall(r"rows/s", printed)) == 4


@pytest.mark.slow
def test_layouts_are_measured(tmp_path: Path) -> None:
    """Each layout gets a line, and blocks that see the earlier calls need fewer bytes than blocks that do not."""
    said = [{"role": role, "content": " ".join(f"{n * n:x}" for n in range(k, k + 900))} for k, role in _TALK]
    for name in ("asb_agents", "taubench_airline", "sgd_assistant", "hh_assistant"):
        with gzip.open(tmp_path / f"conversations_{name}_dev.jsonl.gz", "wt") as file:
            file.writelines(json.dumps({"turns": said}) + "\n" for _ in range(3))
    layouts = ["naive: LZ4, as it comes", "0001: ZSTD(3)", "0005: 16 MiB for input", "messages by hash"]
    printed = printed_by("tests.benchmarks.bytes_per_span", str(tmp_path), "--only", ";".join(layouts))
    found = {
        name: float(re.findall(rf"^{re.escape(name)}\s+([\d,]+) ", printed, re.M)[-1].replace(",", ""))
        for name in layouts
    }
    assert found["0005: 16 MiB for input"] <= found["0001: ZSTD(3)"] < found["naive: LZ4, as it comes"], printed
    assert len(re.findall(r"^messages by hash .*%", printed, re.MULTILINE)) == 3


@pytest.mark.slow
def test_what_sampling_saves_is_measured(tmp_path: Path) -> None:
    """What goes with a left-out trace is some of what it has, for each kind of traffic."""
    said = [{"role": ("user", "assistant")[at % 2], "content": f"Turn {at}: where is my parcel?"} for at in range(6)]
    for name in ("asb_agents", "taubench_airline", "sgd_assistant", "hh_assistant"):
        with gzip.open(tmp_path / f"conversations_{name}_dev.jsonl.gz", "wt") as file:
            file.writelines(json.dumps({"turns": said}) + "\n" for _ in range(3))
    printed = printed_by("tests.benchmarks.sampled", str(tmp_path))
    shares = [int(one) for one in re.findall(r"of a left-out trace (\d+)% goes", printed)]
    assert len(shares) == 3, printed
    assert all(0 < share < 100 for share in shares), printed


_TALK = [(k * 10**6, ("user", "assistant")[k % 2]) for k in range(20)]


@pytest.mark.slow
def test_topics_are_measured() -> None:
    """Text to names, clustering, assignment and memory each get a figure."""
    printed = printed_by("tests.benchmarks.topics", "--smoke")
    found = re.findall(r"^\| (.+?) \| [\d,.]+ ?\S*.* \| ?(.*?) ?\|$", printed, re.MULTILINE)
    bars = [bar for _, bar in found if bar]
    assert bars == ["≥ 250", "≤ 100 ms", "≤ 600 s", "≤ 1.5 GiB", "≥ 3,000", "≤ 30 s", "≤ 1.5 GiB"], printed
    assert re.search(r"200 texts to [1-9]\d* named topics", printed), printed
    assert re.search(r"[1-9]\d* topics found in 1,000 vectors", printed), printed
