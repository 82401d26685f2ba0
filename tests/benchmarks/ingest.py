"""How much ingest costs: spans per CPU-second of web and store together, and single-span requests per second.

Run ``python -m tests.benchmarks.ingest``; it takes under a minute and prints its figures. Every span is durable before
the answer. CPU time is what the kernel charged the two server processes, and not the client that sends. Other products
that are installed are measured with the same bodies (``tests.benchmarks.peers``).
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.benchmarks import peers
from tests.benchmarks.processes import cpu_s, until_up

ROOT = Path(__file__).parent.parent.parent
_TEXT = (
    "The parcel left our warehouse on Monday and the carrier says it will reach you by Thursday noon. If it has not"
    " come by then, write again and we will look for it or send a new one, whichever is faster for you. Parcels abroad"
    " take up to ten working days, as customs may open them; the label names what is inside and its worth, and the"
    " duty, where there is one, is asked of whoever receives it. A parcel that comes back to us is kept for thirty days"
    " and sent a second time for the price of its postage; after that the order is paid back without its postage."
    " Letters are not kept at all. "
)


class Figures(NamedTuple):
    """What one load came to.

    Attributes:
        spans: how many were acknowledged.
        seconds: of wall time.
        web_s: CPU seconds of the web server.
        store_s: CPU seconds of the store.
        delays_ms: how long each request took.
    """

    spans: int
    seconds: float
    web_s: float
    store_s: float
    delays_ms: list[float]

    def told(self) -> str:
        """The figures in one line."""
        cpu = self.web_s + self.store_s
        delays = sorted(self.delays_ms)
        return (
            f"{self.spans / cpu:,.0f} spans per CPU-second ({self.web_s / self.spans * 1e6:.0f} us web,"
            f" {self.store_s / self.spans * 1e6:.0f} us store a span), {self.spans / self.seconds:,.0f} spans/s,"
            f" {len(delays) / self.seconds:,.0f} requests/s, p50 {statistics.median(delays):.0f} ms,"
            f" p95 {delays[int(0.95 * len(delays))]:.0f} ms"
        )


class Servers(NamedTuple):
    """Servers that run.

    Attributes:
        url: where spans are sent.
        web: process id of the web server.
        store: process id of the store.
        session: cookie of a member's session.
    """

    url: str
    web: int
    store: int
    session: str


def body(first: int, traces: int) -> bytes:
    """A request of four spans a trace: an agent, its retrieval, a tool and a chat; 100 spans are 133 KB."""
    import json

    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for name, value in (("service.name", "shop"), ("deployment.environment.name", "bench")):
        resource_spans.resource.attributes.add(key=name).value.string_value = value
    spans = resource_spans.scope_spans.add().spans
    for trace in range(first, first + traces):
        question = f"Where is my order {trace}, please?"
        parts = [
            {"role": "system", "parts": [{"type": "text", "content": "You help customers of a shop. " * 8}]},
            {"role": "user", "parts": [{"type": "text", "content": question}]},
        ]
        reply = [{"role": "assistant", "parts": [{"type": "text", "content": _TEXT * 2}], "finish_reason": "stop"}]
        documents = [{"id": f"d{n}", "content": _TEXT, "score": 0.9 - n / 10} for n in range(3)]
        told: list[tuple[str, dict[str, str | int]]] = [
            ("invoke_agent", {"gen_ai.agent.name": "support", "gen_ai.conversation.id": f"c{trace}", "user.id": "u1"}),
            ("retrieval", {"gen_ai.retrieval.query.text": question,
                           "gen_ai.retrieval.documents": json.dumps(documents)}),
            ("execute_tool", {"gen_ai.tool.name": "track", "gen_ai.tool.call.id": "c1",
                              "gen_ai.tool.call.arguments": json.dumps({"order": trace}),
                              "gen_ai.tool.call.result": json.dumps({"status": "on its way", "note": _TEXT})}),
            ("chat", {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini",
                      "gen_ai.response.model": "gpt-4o-mini-2024-07-18", "gen_ai.input.messages": json.dumps(parts),
                      "gen_ai.output.messages": json.dumps(reply), "gen_ai.usage.input_tokens": 320,
                      "gen_ai.usage.cache_read.input_tokens": 128, "gen_ai.usage.output_tokens": 90,
                      "gen_ai.response.id": f"r{trace}", "gen_ai.request.max_tokens": 500,
                      "server.address": "api.example.com", "server.port": 443}),
        ]  # fmt: skip
        for place, (operation, attributes) in enumerate(told):
            _add(spans, trace, place, operation, attributes)
    return bytes(request.SerializeToString())


def single(number: int) -> bytes:
    """A request of one chat span."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    whole = ExportTraceServiceRequest.FromString(body(number, 1))
    request.resource_spans.add().scope_spans.add().spans.append(whole.resource_spans[0].scope_spans[0].spans[3])
    return bytes(request.SerializeToString())


def _add(spans: object, trace: int, place: int, operation: str, attributes: dict[str, str | int]) -> None:
    begin = 1_795_000_000 * 10**9 + trace * 1_000_000
    span = spans.add(  # type: ignore[attr-defined]  # protobuf's repeated field
        trace_id=trace.to_bytes(16, "big"),
        span_id=(trace * 8 + place + 1).to_bytes(8, "big"),
        parent_span_id=(trace * 8 + 1).to_bytes(8, "big") if place else b"",
        name=operation,
        start_time_unix_nano=begin + place,
        end_time_unix_nano=begin + 900_000,
    )
    for name, value in {"gen_ai.operation.name": operation, **attributes}.items():
        pair = span.attributes.add(key=name)
        if isinstance(value, int):
            pair.value.int_value = value
        else:
            pair.value.string_value = value


@contextmanager
def servers(redaction: str = "off") -> Iterator[Servers]:
    """Store and web server in a fresh home.

    Args:
        redaction: policy of the project: off, mask or drop.
    """
    from tests.settings import free_port

    with tempfile.TemporaryDirectory(prefix="assay-bench-") as home:
        web_port, store_port = free_port(), free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
        environment |= {
            "ASSAY_HOME": home, "ASSAY_PORT": str(web_port), "ASSAY_STORE_PORT": str(store_port),
            "ASSAY_GRPC_PORT": "0",
            "ASSAY_STORE_SECRET": secrets.token_hex(8), "DJANGO_SETTINGS_MODULE": "backend.settings",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        log = (Path(home) / "log").open("wb")
        run = {"env": environment, "cwd": ROOT, "stdout": log, "stderr": log}
        store_at = ["--data", f"{home}/store", "--port", str(store_port)]
        command = [sys.executable, "-m", "backend.store.embedded", *store_at]
        store = subprocess.Popen(command, **run)  # type: ignore[call-overload]
        provision = [sys.executable, "-c", _PROVISION, redaction]
        session = subprocess.run(provision, check=True, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        web = subprocess.Popen(  # type: ignore[call-overload]
            [sys.executable, "-m", "uvicorn", "--factory", "ingest.asgi:application", "--port", str(web_port),
             "--no-access-log", "--log-level", "warning"],
            **run,
        )  # fmt: skip
        try:
            until_up(web, f"http://127.0.0.1:{web_port}/v1/traces", Path(home) / "log")
            url = f"http://127.0.0.1:{web_port}/v1/traces"
            yield Servers(url, web.pid, store.pid, session.stdout.split()[-1])
        finally:
            for process in (web, store):
                process.send_signal(signal.SIGTERM)
                process.wait(60)


_PROVISION = """
import time, django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth import get_user_model
from django.test import Client
from backend.projects.models import ApiKey, Membership, Project
project = Project.objects.create(name="b", slug="b")
ApiKey.objects.mint(project, "b", secret="sk-bench")
import sys
from backend.policies.models import policy_row
if sys.argv[1] != "off": policy_row(project).set_redaction(sys.argv[1], [])
from backend.store.connection import store
from backend.store.schema import migrate
while not store().ping(): time.sleep(0.1)
migrate(store())
reader, browser = get_user_model().objects.create_user("bench"), Client()
Membership.objects.create(project=project, user=reader)
browser.force_login(reader)
print(browser.cookies["sessionid"].value)
"""


_HEAD = (
    "POST /v1/traces HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer sk-bench\r\nContent-Type: application/x-protobuf\r\n"
)


async def _client(port: int, bodies: Iterator[bytes], delays: list[float], until: float) -> None:
    """One connection that sends as fast as it is answered; sockets alone, so that the client costs little."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for place, payload in enumerate(bodies):
        begun = time.perf_counter()
        if place and begun > until:
            break
        writer.write(f"{_HEAD}Content-Length: {len(payload)}\r\n\r\n".encode() + payload)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise SystemExit(head.decode())
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        delays.append((time.perf_counter() - begun) * 1000)
    writer.close()


def _send(port: int, bodies: list[bytes], connections: int, seconds: float, pipe: object) -> None:
    async def all_of_it() -> list[float]:
        delays: list[float] = []
        until = time.perf_counter() + seconds
        shares = [iter(bodies[number::connections]) for number in range(connections)]
        await asyncio.gather(*(_client(port, share, delays, until) for share in shares))
        return delays

    pipe.send(asyncio.run(all_of_it()))  # type: ignore[attr-defined]


def load(url: str, pids: tuple[int, int], bodies: list[bytes], spans_each: int, **how: float) -> Figures:
    """Send bodies from a process of its own and measure the servers meanwhile."""
    ours, theirs = multiprocessing.Pipe()
    port = httpx.URL(url).port
    sender = multiprocessing.Process(
        target=_send, args=(port, bodies, int(how["connections"]), how["seconds"], theirs), daemon=True
    )
    before = [cpu_s(pid) for pid in pids]
    begun = time.monotonic()
    sender.start()
    delays = ours.recv()
    seconds = time.monotonic() - begun
    web, store = (cpu_s(pid) - was for pid, was in zip(pids, before, strict=True))
    sender.join()
    return Figures(len(delays) * spans_each, seconds, web, store, delays)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=12, help="how long each load lasts (12)")
    parser.add_argument("--redaction", choices=["off", "mask", "drop"], default="off", help="policy of the project")
    parser.add_argument(
        "--peers", default="", metavar="FOLDER", help="with the commands of mlflow and phoenix (the path)"
    )
    asked = parser.parse_args()
    seconds = asked.seconds
    batches = [body(1 + number * 25, 25) for number in range(2000)]
    ones = [single(10**7 + number) for number in range(40_000)]
    print(f"bodies of 100 spans: {len(batches[0]) / 1000:.0f} KB; of one span: {len(ones[0]) / 1000:.1f} KB")
    with servers(asked.redaction) as (url, web, store, _):
        load(url, (web, store), batches[:50], 100, connections=4, seconds=3)
        told = load(url, (web, store), batches[50:], 100, connections=32, seconds=seconds)
        print(f"100 spans a request, 32 connections: {told.told()}", flush=True)
        told = load(url, (web, store), ones, 1, connections=64, seconds=seconds)
        print(f"1 span a request, 64 connections: {told.told()}", flush=True)
    for peer, path in peers.installed(asked.peers):
        print(peers.told(peer, path, batches[: 1 + int(seconds * 5)], 100), flush=True)


if __name__ == "__main__":
    main()
