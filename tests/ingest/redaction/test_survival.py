"""No planted address, card or key survives in what is written to spool or store, by whichever protocol it comes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from backend.telemetry.span import Span
from ingest import steps
from ingest.redaction.redacting import redacted_part, redacted_spans
from tests.ingest.fuzzed import places, put
from tests.ingest.redaction.planting import (
    CARD,
    DROP,
    EMAIL,
    KEY,
    MASK,
    PLANTED,
    bodies,
    in_json,
    survivors,
)
from tests.ingest.wire.captured import FOLDER, Captured, requests, spans_of

ROUNDS = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
TREES = {name: one for name, one in bodies().items() if one.body[:1] in {b"{", b"["}}
PROTOBUF = {name: one for name, one in bodies().items() if "protobuf" in one.content_type}
FORMS = ("{}", "say {} now", "mail:{},", "a\n{}\nb", '{{"note": "{}"}}', "[\"x\", \"{}\"]", "<b>{}</b>", "“{}”",
         "https://x.org/?q={}&b=1")  # fmt: skip

values = some.sampled_from([EMAIL, KEY]).flatmap(
    lambda value: some.sampled_from(FORMS).map(lambda form: form.format(value))
) | some.sampled_from(FORMS[1:]).map(lambda form: form.format(CARD))
"""A card by itself may stand where a count is expected, and becomes one."""


def _planted(value: Any, data: some.DataObject) -> Any:
    ways = places(value)
    for _ in range(data.draw(some.integers(1, 3))):
        path, text = data.draw(some.sampled_from(ways)), data.draw(values)
        new: Any = text
        shape = data.draw(some.sampled_from(["text", "text", "name", "list", "deep"]))
        if shape != "text":
            new = {"name": {text: "x"}, "list": ["x", text], "deep": {"a": [{"content": text}]}}[shape]
        try:
            value = put(value, path, new)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # what stood there was replaced just before
    return value


@pytest.mark.parametrize("policy", [MASK, DROP], ids=["mask", "drop"])
@pytest.mark.parametrize("name", TREES)
@ROUNDS
@given(data=some.data())
def test_nothing_survives_in_json(name: str, policy: Any, data: some.DataObject) -> None:
    """Planted as a value or a name anywhere in what a real client sent."""
    request = TREES[name]
    assert survivors(in_json(request, _planted(json.loads(request.body), data)), policy) == []


@pytest.mark.parametrize("policy", [MASK, DROP], ids=["mask", "drop"])
@pytest.mark.parametrize("name", PROTOBUF)
@settings(ROUNDS, max_examples=6)
@given(data=some.data())
def test_nothing_survives_in_protobuf(name: str, policy: Any, data: some.DataObject) -> None:
    """Planted in any text of a protobuf body: attributes and their names, resources, events, links, status, bodies."""
    request = PROTOBUF[name]
    kind = ExportLogsServiceRequest if "logs" in request.path else ExportTraceServiceRequest
    message = kind.FromString(request.body)
    texts = list(_texts(message))
    if not texts:
        return
    for _ in range(data.draw(some.integers(1, 4))):
        owner, field = data.draw(some.sampled_from(texts))
        setattr(owner, field, data.draw(values))
    assert survivors(replace(request, body=message.SerializeToString()), policy) == []


def _texts(message: Any) -> Any:
    """Each text of a message with its owner."""
    for field, value in message.ListFields():
        if field.type == field.TYPE_STRING and not field.is_repeated:
            yield message, field.name
        elif field.type == field.TYPE_MESSAGE:
            for inner in value if field.is_repeated else [value]:
                yield from _texts(inner)


_KEPT = (
    "span_id", "operation", "name", "request_model", "response_model", "provider", "status", "conversation_id",
    "user_id", "tags", "environment", "time_to_first_token_ms", "cost_usd", "client_cost_usd",
    *(name for name in Span.__struct_fields__ if name.endswith("_tokens") and name != "max_tokens"),
)  # fmt: skip


@pytest.mark.parametrize("policy", [MASK, DROP], ids=["mask", "drop"])
@pytest.mark.parametrize("client", sorted(path.name.removesuffix(".json.gz") for path in FOLDER.glob("*.json.gz")))
def test_what_is_no_content_is_left_of_every_client(client: str, policy: Any) -> None:
    """Ids, models, tokens, costs and who asked, also where a client writes them as text within its content."""
    spans, parts = [], []
    for request in requests(client):
        decoded = request.decoded()
        spans += decoded.spans
        parts += decoded.parts
    clear, _ = steps.run([*spans, *spans_of(parts)])
    kept, failed = redacted_spans(steps.run(spans)[0], policy)
    merged, failed_too = redacted_spans(steps.run(spans_of([redacted_part(one, policy) for one in parts]))[0], policy)
    assert failed + failed_too == 0
    assert _told([*kept, *merged]) == _told(clear)


def _told(spans: list[Span]) -> list[dict[str, Any]]:
    found = [{name: getattr(span, name) for name in _KEPT} for span in spans]
    return sorted(found, key=lambda one: (one["span_id"], one["name"]))


def test_without_a_policy_all_of_it_is_there() -> None:
    """Else the tests above could not fail."""
    from backend.sensitive.policy import AS_SENT

    request = TREES["events"]
    told = json.loads(request.body)
    told["events"][0]["input"] = " ".join(PLANTED)
    assert survivors(in_json(request, told), AS_SENT) == list(PLANTED)


def test_long_multipart_bodies_too() -> None:
    """LangSmith's fields come in parts of their own."""
    fields = {
        "post.11111111-1111-4111-8111-111111111111": {
            "id": "11111111-1111-4111-8111-111111111111", "trace_id": "11111111-1111-4111-8111-111111111111",
            "dotted_order": "20261101T100000000000Z11111111-1111-4111-8111-111111111111",
            "name": "run", "run_type": "llm", "start_time": "2026-11-01T10:00:00Z",
        },
        "post.11111111-1111-4111-8111-111111111111.inputs": {"messages": [{"role": "user", "content": EMAIL}]},
        "post.11111111-1111-4111-8111-111111111111.error": f"ValueError({KEY})",
        "feedback.1": {"run_id": "11111111-1111-4111-8111-111111111111", "key": "k", "comment": f"card {CARD}"},
    }  # fmt: skip
    pieces = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{json.dumps(value)}\r\n'
        for name, value in fields.items()
    ]
    body = ("".join(pieces) + "--b--\r\n").encode()
    request = Captured("POST", "/runs/multipart", "multipart/form-data; boundary=b", body)
    for policy in (MASK, DROP):
        assert survivors(request, policy) == []
