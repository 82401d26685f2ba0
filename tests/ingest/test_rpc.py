"""OTLP over gRPC, over a real server, with OpenTelemetry's own exporter and with bare calls."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from backend.store.client import Store
from backend.store.query import Query
from ingest.rpc import SERVICES
from ingest.tally import EVERY_S
from tests.ingest.rows import count, request
from tests.ingest.serving import Server, provisioned
from tests.settings import free_port

TRACES, LOGS, METRICS = (f"/{service}/Export" for service in SERVICES)
KEY = (("authorization", "Bearer sk-one"),)


@dataclass(frozen=True, slots=True)
class _Protocol:
    protocol: str


_PROTOCOLS = Query(
    "test_protocols", "SELECT DISTINCT protocol FROM span FINAL WHERE project_id = {project_id:UInt32}", _Protocol
)
_MINT = """
import django, sys; django.setup()
from backend.projects.models import *
key, _ = ApiKey.objects.mint(Project.objects.get(slug="one"), "x", secret=sys.argv[1])
key.limit(spans_per_minute=60, spans_per_day=None)"""


@pytest.fixture(scope="module")
def listening(migrated_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that listens for gRPC too."""
    server = provisioned(
        tmp_path_factory.mktemp("rpc"), ASSAY_INGEST_BODY_LIMIT_MIB="2", ASSAY_GRPC_PORT=str(free_port())
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
def served(listening: Server, store: Store) -> Server:
    """It, on empty tables."""
    return listening


def _address(server: Server) -> str:
    return f"127.0.0.1:{server.environment['ASSAY_GRPC_PORT']}"


def _call(
    server: Server,
    body: bytes,
    method: str = TRACES,
    metadata: tuple[tuple[str, str], ...] = KEY,
    compression: grpc.Compression = grpc.Compression.NoCompression,
) -> bytes:
    with grpc.insecure_channel(_address(server), options=[("grpc.max_send_message_length", -1)]) as channel:
        answer: bytes = channel.unary_unary(method)(body, metadata=metadata, compression=compression, timeout=30)
    server.settle()
    return answer


def _refusal(server: Server, body: bytes, method: str = TRACES, **how: object) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as refused:
        _call(server, body, method, **how)  # type: ignore[arg-type]
    return refused.value


def _retry_after_s(refused: grpc.RpcError) -> int | None:
    found = [value for name, value in refused.trailing_metadata() if name == "google.rpc.retryinfo-bin"]
    return RetryInfo.FromString(found[0]).retry_delay.seconds if found else None


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_the_exporter_of_opentelemetry_is_stored(served: Server, store: Store, compression: grpc.Compression) -> None:
    """What the SDK's exporter sends is stored once it says so, and is known to have come this way."""
    exporter = OTLPSpanExporter(
        endpoint=f"http://{_address(served)}", headers=KEY, insecure=True, compression=compression
    )
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("t").start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}):
        pass
    provider.shutdown()
    served.settle()
    assert count(store).spans == 1
    assert store.fetch(_PROTOCOLS, project_id=served.project_id) == [_Protocol("otlp_grpc")]


def test_it_is_the_same_as_over_http(served: Server, store: Store) -> None:
    """A batch sent by both ways is stored once, the second taken for a resend."""
    assert _call(served, request(20)) == ExportTraceServiceResponse().SerializeToString()
    assert served.post(request(20)).status_code == 200
    assert count(store).spans == 20


def test_logs_and_metrics_are_taken(served: Server) -> None:
    """The other two services answer in their own words."""
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add().body.string_value = "started"
    answer = ExportLogsServiceResponse.FromString(_call(served, logs.SerializeToString(), LOGS))
    assert answer.partial_success.rejected_log_records == 1
    metrics = ExportMetricsServiceRequest()
    metrics.resource_metrics.add().scope_metrics.add().metrics.add().name = "m"
    assert _call(served, metrics.SerializeToString(), METRICS) == b""


def test_refusals_say_what_and_where(served: Server, store: Store) -> None:
    """Each refusal has the code that OTLP asks for, and its words."""
    refused = _refusal(served, request(1), metadata=())
    assert refused.code() is grpc.StatusCode.UNAUTHENTICATED
    assert "no key" in refused.details()
    refused = _refusal(served, request(1), metadata=(("authorization", "Bearer sk-other"),))
    assert refused.code() is grpc.StatusCode.UNAUTHENTICATED
    refused = _refusal(served, b"\xff\xff\xff")
    assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "protobuf" in refused.details()
    refused = _refusal(served, b"")
    assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "empty" in refused.details()
    refused = _refusal(served, request(1), "/opentelemetry.proto.collector.profiles.v1.ProfilesService/Export")
    assert refused.code() is grpc.StatusCode.UNIMPLEMENTED
    assert count(store).spans == 0


_REFUSALS = """
import django; django.setup()
from backend.arrivals.models import Arrival
for one in Arrival.objects.filter(outcome="refused"): print(one.reason, one.count, one.last_message)"""


def _refusals(server: Server) -> dict[str, tuple[int, str]]:
    """What is counted as refused: by reason how many, and what the last was told."""
    time.sleep(EVERY_S + 0.5)
    lines = [line.split(" ", 2) for line in server.run(_REFUSALS).splitlines() if line]
    return {reason: (int(number), said) for reason, number, said in lines}


@pytest.mark.parametrize(
    ("kib", "code", "reason", "said"),
    [
        (2100, grpc.StatusCode.INVALID_ARGUMENT, "too_large", "the limit is 2.0 MiB"),
        (3072, grpc.StatusCode.RESOURCE_EXHAUSTED, "broken_off", "larger than max"),
    ],
)
@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_the_limit_of_bodies_holds_after_unpacking_and_is_counted(
    served: Server, store: Store, kib: int, code: grpc.StatusCode, reason: str, said: str, compression: grpc.Compression
) -> None:
    """A little too large is refused for good; far too large gRPC refuses itself, also as kilobytes of gzip."""
    body = ExportTraceServiceRequest()
    body.resource_spans.add().scope_spans.add().spans.add().name = "x" * kib * 2**10
    assert len(gzip.compress(body.SerializeToString())) < 10_000
    before = _refusals(served).get(reason, (0, ""))[0]
    refused = _refusal(served, body.SerializeToString(), compression=compression)
    assert refused.code() is code
    assert said in refused.details()
    assert count(store).spans == 0
    number, told = _refusals(served)[reason]
    assert number == before + 1
    assert "ASSAY_INGEST_BODY_LIMIT_MIB" in told


def test_a_call_that_ends_without_a_message_is_counted(served: Server) -> None:
    """It is told so where it listens still, and who left fills no log with faults of ours."""
    before = _refusals(served).get("broken_off", (0, ""))[0]
    with grpc.insecure_channel(_address(served)) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            channel.stream_unary(TRACES)(iter(()), metadata=KEY, timeout=30)
        leaving = channel.stream_unary(TRACES).future(_never(), metadata=KEY)
        time.sleep(0.5)
        leaving.cancel()
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "without a message" in refused.value.details()
        assert _refusals(served)["broken_off"][0] == before + 2
    assert "Traceback" not in (served.home / "web.log").read_text()


def _never() -> Iterator[bytes]:
    time.sleep(5)
    yield b""


def test_a_used_up_limit_says_when_to_come_again(served: Server, store: Store) -> None:
    """Clients take RESOURCE_EXHAUSTED for final unless they are told when to try again."""
    served.run(_MINT, "sk-slow-rpc")
    metadata = (("authorization", "Bearer sk-slow-rpc"),)
    _call(served, request(100), metadata=metadata)
    refused = _refusal(served, request(1, trace=2), metadata=metadata)
    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "`spans_per_minute`" in refused.details()
    assert 0 < (_retry_after_s(refused) or 0) <= 60
    assert count(store).spans == 100


def test_nothing_is_claimed_while_nothing_can_be_kept(served: Server, store: Store, tmp_path: Path) -> None:
    """With the database of keys away a client hears UNAVAILABLE and when to try again."""
    lost = provisioned(tmp_path / "lost", ASSAY_GRPC_PORT=str(free_port()))
    lost.environment["ASSAY_DATABASE_URL"] = f"postgres://nobody@127.0.0.1:{free_port()}/none"
    lost.start()
    try:
        refused = _refusal(lost, request(1))
    finally:
        lost.stop()
    assert refused.code() is grpc.StatusCode.UNAVAILABLE
    assert _retry_after_s(refused) == 2


def test_a_taken_port_is_said_and_http_goes_on(listening: Server, store: Store, tmp_path: Path) -> None:
    """A second server whose port for gRPC is taken serves HTTP and says so in its log."""
    second = provisioned(tmp_path / "second", ASSAY_GRPC_PORT=listening.environment["ASSAY_GRPC_PORT"])
    second.start()
    try:
        assert second.post(request(1)).status_code == 200
    finally:
        second.stop()
    assert "OTLP over gRPC is not served" in (second.home / "web.log").read_text()
