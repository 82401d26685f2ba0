"""OTLP over gRPC: the same message as over HTTP, which ``ingest.rpc`` receives."""

from __future__ import annotations

from ingest.protocols.otlp_http import OtlpHttp


class OtlpGrpc(OtlpHttp):
    """OpenTelemetry traces over gRPC, in protobuf."""

    name = "otlp_grpc"
    paths = ()
