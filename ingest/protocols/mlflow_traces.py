"""MLflow's tracking API, as far as its SDK traces with it: a trace, its spans as an artifact, assessments."""

from __future__ import annotations

import hashlib
import time
from typing import ClassVar

import msgspec

from backend.errors import BadRequest
from ingest.attaching import Attachment
from ingest.protocols.base import Answer, Decoded, Request
from ingest.protocols.json_base import JsonProtocol, answer
from ingest.wire import mlflow
from ingest.wire.reading import batch, json_of, table


class MlflowTrace(JsonProtocol):
    """What MLflow says of a whole trace; the answer names where it may put the spans."""

    name = "mlflow_trace"
    paths: ClassVar[tuple[str, ...]] = ("/api/3.0/mlflow/traces",)

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read ``{"trace": {"trace_info": {...}}}``."""
        told = table(table(table(json_of(body)).get("trace")).get("trace_info"))
        part = mlflow.trace_part(told, time.time_ns())
        if part is None:
            raise BadRequest("a trace of MLflow has trace.trace_info.trace_id")
        tags = {**table(told.get("tags")), "mlflow.artifactLocation": f"mlflow-artifacts:/1/traces/{told['trace_id']}"}
        return Decoded(parts=[part], answer=answer({"trace": {"trace_info": {**told, "tags": tags}}}))


class MlflowSpans(JsonProtocol):
    """The spans of a trace, which MLflow's SDK writes as an artifact where a server takes no OTLP from it."""

    name = "mlflow_spans"
    routes: ClassVar[tuple[tuple[str, str], ...]] = (
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/traces/{trace_id}/traces.json"),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/traces/{trace_id}/artifacts/traces.json"),
    )

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Only its address says of which trace they are."""
        raise BadRequest("spans of MLflow are put to the address of their trace")

    def decode_request(self, request: Request) -> Decoded:
        """Read ``{"spans": [...]}``."""
        trace_id, now = mlflow.trace_of(request.parameters.get("trace_id", "")), time.time_ns()
        told = table(json_of(request.body))
        if not isinstance(told.get("spans"), list):
            raise BadRequest("traces.json of MLflow is an object with a list of spans")
        decoded = Decoded(answer=answer({}))
        for item in batch(told["spans"], "spans"):
            part = mlflow.span_part(trace_id, item, now)
            if part is None:
                decoded.rejected.append(("spans without an id of eight bytes", 1))
            else:
                decoded.parts.append(part)
        return decoded


class MlflowAttachment(JsonProtocol):
    """An image or other file that MLflow's SDK takes out of a span, and sends once it has sent the spans."""

    name = "mlflow_attachment"
    routes: ClassVar[tuple[tuple[str, str], ...]] = (
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/traces/{trace_id}/attachments/{attachment_id}"),
        (
            "PUT",
            "/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/traces/{trace_id}/artifacts/attachments/{attachment_id}",
        ),
    )

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Only its address says which one it is."""
        raise BadRequest("an attachment of MLflow is put to the address of its trace")

    def decode_request(self, request: Request) -> Decoded:
        """Take any bytes."""
        trace_id = mlflow.trace_of(request.parameters.get("trace_id", ""))
        key = hashlib.sha256(request.body).hexdigest()
        name = request.parameters.get("attachment_id", "")
        part = mlflow.file_part(trace_id, name, key, len(request.body), time.time_ns())
        if part is None:
            raise BadRequest("an attachment of MLflow is named by a UUID, and its trace by an id")
        return Decoded(parts=[part], attachments=[Attachment(key, request.body)], answer=answer({}))

    def completed(self, fixed: Answer, rejected: list[tuple[str, int]]) -> Answer:
        """Say that it was not kept."""
        refused = [{"reason": reason, "count": count} for reason, count in rejected]
        return answer({"refused": refused}) if refused else fixed


class MlflowAssessment(JsonProtocol):
    """Feedback and expectations on a trace or a span of it."""

    name = "mlflow_assessment"
    routes: ClassVar[tuple[tuple[str, str], ...]] = (("POST", "/api/3.0/mlflow/traces/{trace_id}/assessments"),)

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Only its address says of which trace it is."""
        raise BadRequest("an assessment of MLflow is posted to the address of its trace")

    def decode_request(self, request: Request) -> Decoded:
        """Read ``{"assessment": {...}}``; it is given back under a name, as the SDK asks for one."""
        told = table(table(json_of(request.body)).get("assessment"))
        score = mlflow.score_of(mlflow.trace_of(request.parameters.get("trace_id", "")), told, time.time_ns())
        if score is None:
            raise BadRequest("an assessment has an assessment_name, and feedback or an expectation with a value")
        told = {**told, "assessment_id": f"a-{score.score_id}"}
        return Decoded(scores=[score], answer=answer(msgspec.to_builtins({"assessment": told})))
