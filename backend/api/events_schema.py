"""``/v1/events`` in the OpenAPI schema: it is answered before Django is asked, so no view tells of it."""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.events.kinds import FeedbackSent, ScoreSent, SpanSent

_REF = "#/components/schemas/{name}"
_KINDS = {"span": SpanSent, "score": ScoreSent, "feedback": FeedbackSent}


def add_events(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the address, what may be sent to it and what it answers; drf-spectacular calls this."""
    components: dict[str, Any] = msgspec.json.schema_components(_KINDS.values(), ref_template=_REF)[1]
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {name: _in_openapi_3_0(schema) for name, schema in components.items()}
    references = {word: _REF.format(name=kind.__name__) for word, kind in _KINDS.items()}
    schemas["EventSent"] = {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "type", "mapping": references},
    }
    result["paths"]["/v1/events"] = {"post": _operation(_REF.format(name="EventSent"))}
    return result


def _operation(event: str) -> dict[str, Any]:
    one = {"$ref": event}
    some = {"type": "array", "items": one}
    whole = {"oneOf": [one, some, {"type": "object", "properties": {"events": some}, "required": ["events"]}]}
    line = {"type": "string", "description": "One event a line, each a JSON object as under application/json."}
    refusals = {
        "400": "Some events cannot be read: `error.errors` gives the place of each. Nothing was stored.",
        "401": "No key, or one that is not known, was revoked or has ended.",
        "403": "The key lacks the scope `ingest`.",
        "413": "The body is larger than the limit.",
        "415": "Another content type or encoding.",
        "429": "The key's limit is used up, or too much waits; send again after Retry-After seconds.",
        "503": "Nothing can be stored now; send again after Retry-After seconds.",
    }
    counts = {"type": "object", "properties": {"spans": {"type": "integer"}, "scores": {"type": "integer"}}}
    return {
        "operationId": "send_events",
        "description": "Send spans, scores and feedback without an SDK. A request is taken whole or not at all;"
        " the same events sent again change nothing. Scores and feedback may come before, with or long after what they"
        " are about.",
        "tags": ["events"],
        "security": [{"secretKey": []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": whole}, "application/x-ndjson": {"schema": line}},
        },
        "responses": {
            "200": {
                "description": "All of it is stored, or safe on disk.",
                "content": {"application/json": {"schema": counts}},
            },
            **{status: {"description": text} for status, text in refusals.items()},
        },
    }


def _in_openapi_3_0(schema: Any) -> Any:
    """JSON Schema's null as OpenAPI 3.0 writes it."""
    if isinstance(schema, list):
        return [_in_openapi_3_0(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: _in_openapi_3_0(value) for name, value in schema.items()}
    choices = schema.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        others = [choice for choice in choices if choice != {"type": "null"}]
        rest = {name: value for name, value in schema.items() if name != "anyOf"}
        schema = {**rest, "nullable": True, **(others[0] if len(others) == 1 else {"anyOf": others})}
    if isinstance(schema.get("enum"), list) and None in schema["enum"]:
        schema = {
            **schema,
            "enum": [one for one in schema["enum"] if one is not None],
            "nullable": True,
            "type": "string",
        }
    return schema
