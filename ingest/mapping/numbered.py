"""Numbered attributes (``prefix.0.document.id``) put back together, and what they make up."""

from __future__ import annotations

from typing import Any

from backend.telemetry import semconv as sc
from backend.telemetry.message import Document, dump
from ingest.mapping.draft import Draft
from ingest.mapping.messages import messages_of
from ingest.mapping.unsaid import Said
from ingest.mapping.values import as_json, as_text, from_json, real

# Last words of the names whose value a message, document or tool takes up; any other stays an attribute as well.
_UNDERSTOOD = frozenset({
    "role", "content", "name", "tool_call_id", "type", "text", "url", "id", "arguments", "json_schema", "score",
    "metadata", "vector", "finish_reason", "description", "parameters",
})  # fmt: skip

_DEEPEST = 12
_TEXTS_OF_PARTS = (f"{sc.GEN_AI_PROMPT}.", f"{sc.GEN_AI_COMPLETION}.")


def gathered(draft: Draft, slot: str) -> list[Any]:
    """The list that numbered attributes of a slot make up, in the order of their numbers."""
    entries = draft.flat.get(slot)
    if not entries:
        return []
    root: dict[str, Any] = {}
    for name, path, value in entries:
        if name.startswith(_TEXTS_OF_PARTS) and (parts := _parts_in(value)) is not None:
            if Said(messages_of(parts, "user")).left(parts) is not None:
                draft.rest[name] = value
            value = parts  # noqa: PLW2901 - what the text holds
        if not _placed(root, path.split("."), value) or path.rpartition(".")[2] not in _UNDERSTOOD:
            draft.rest[name] = value
    listed = _listed(root)
    return listed if isinstance(listed, list) else [listed]


def _parts_in(value: Any) -> list[Any] | None:
    """The parts of a message that OpenLLMetry's older numbered form writes as one text; None where it is plain text."""
    if not isinstance(value, str) or value[:2] != "[{" or '"type"' not in value:
        return None
    try:
        found = from_json(value)
    except (ValueError, RecursionError):
        return None
    is_parts = isinstance(found, list) and all(
        isinstance(one, dict) and isinstance(one.get("type"), str) for one in found
    )
    return found if is_parts else None


def put_numbered(draft: Draft, fields: dict[str, Any]) -> None:
    """Fill messages, documents, tool definitions and embedded texts from numbered attributes."""
    if inputs := messages_of(gathered(draft, "flat_input_messages"), "user"):
        fields["_inputs"] = inputs
        fields["input_messages"] = dump(inputs)
    if outputs := messages_of(gathered(draft, "flat_output_messages"), "assistant"):
        fields["_outputs"] = outputs
        fields["output_messages"] = dump(outputs)
    if documents := [document_of(item) for item in gathered(draft, "flat_documents") if isinstance(item, dict)]:
        fields["documents"] = dump(documents)
    if tools := [_schema(item) for item in gathered(draft, "flat_tools")]:
        fields["tool_definitions"] = as_json(tools)
    if "flat_vectors" in draft.flat:
        fields["input_text"] = _embedded_texts(draft)


def document_of(value: dict[str, Any]) -> Document:
    """One retrieved document, in OpenTelemetry's, OpenInference's or LangChain's form."""
    inner = value.get("document")
    value = inner if isinstance(inner, dict) else value
    content = next((value[key] for key in ("content", "text", "page_content") if value.get(key)), "")
    try:
        score = real(value.get("score"))
    except ValueError:
        score = None
    return Document(id=as_text(value.get("id")), content=as_text(content), score=score, metadata=_metadata(value))


def _metadata(value: dict[str, Any]) -> dict[str, Any]:
    metadata = value.get("metadata")
    if isinstance(metadata, str) and metadata:
        try:
            metadata = from_json(metadata)
        except ValueError:
            return {"metadata": metadata}
    return metadata if isinstance(metadata, dict) else {}


def _schema(item: Any) -> Any:
    schema = item.get("tool", item) if isinstance(item, dict) else item
    schema = schema.get("json_schema", schema) if isinstance(schema, dict) else schema
    if isinstance(schema, str):
        try:
            return from_json(schema)
        except ValueError:
            return schema
    return schema


def _embedded_texts(draft: Draft) -> str:
    texts = []
    for name, path, value in draft.flat["flat_vectors"]:
        if path.endswith(".text"):
            texts.append(as_text(value))
        elif path.endswith(".vector"):
            draft.rest[name] = vector_note(len(value)) if isinstance(value, (list, tuple)) else value
        else:
            draft.rest[name] = value
    return "\n\n".join(texts)


def vector_note(length: int) -> str:
    """What is kept of an embedding vector."""
    return f"[{length} numbers left out]"


def vectors_left_out(value: Any) -> str:
    """What is kept of a vector, or of a list of vectors that may be JSON text.

    >>> vectors_left_out(["[0.1, 0.2]", "[0.3, 0.4]"])
    '[4 numbers left out]'
    """
    found = from_json(value) if isinstance(value, str) else value
    if not isinstance(found, list):
        raise ValueError("no vector")
    inner = [from_json(one) if isinstance(one, str) else one for one in found]
    return vector_note(sum(len(one) if isinstance(one, list) else 1 for one in inner))


def _placed(root: dict[str, Any], path: list[str], value: Any) -> bool:
    if len(path) > _DEEPEST:
        return False
    node = root
    for step in path[:-1]:
        inner = node.setdefault(step, {})
        if not isinstance(inner, dict):
            return False
        node = inner
    if path[-1] in node:
        return False
    node[path[-1]] = value
    return True


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(key.isdecimal() and key.isascii() and len(key) < 10 for key in node):
        return [_listed(node[key]) for key in sorted(node, key=int)]
    return {key: _listed(value) for key, value in node.items()}
