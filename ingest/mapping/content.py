"""What went in and what came out: messages, documents, tool arguments, and the text a reader sees of them."""

from __future__ import annotations

from typing import Any

from backend.telemetry import operation as op
from backend.telemetry.message import Message, dump, last_text, text_of
from ingest.mapping.draft import Draft
from ingest.mapping.messages import exact_messages, lenient_messages
from ingest.mapping.numbered import document_of, put_numbered, vector_note
from ingest.mapping.values import as_json, from_json

_DOCUMENT_KEYS = frozenset({"id", "content", "score", "metadata"})
_NUMBERS_WORTH_LEAVING_OUT = 8


def put_content(draft: Draft, fields: dict[str, Any]) -> None:
    """Fill messages, documents, tool and retrieval fields, and the texts for readers."""
    if draft.flat:
        put_numbered(draft, fields)
    inputs = _put_messages(draft, fields, "input_messages", "user")
    if "system_instructions" in draft.values:
        inputs = _with_instructions(draft, fields, inputs)
    outputs = _put_messages(draft, fields, "output_messages", "assistant")
    inputs, outputs = inputs or fields.pop("_inputs", []), outputs or fields.pop("_outputs", [])
    fields.pop("_inputs", None)
    fields.pop("_outputs", None)
    if "documents" in draft.values:
        _put_documents(draft, fields)
    if not draft.values.get("finish_reasons"):
        fields["finish_reasons"] = tuple(message.finish_reason for message in outputs if message.finish_reason)
    _put_texts(draft, fields, inputs, outputs)


def _put_messages(draft: Draft, fields: dict[str, Any], slot: str, role: str) -> list[Message]:
    text = draft.values.get(slot)
    if text is None:
        return []
    messages = exact_messages(text)
    if messages is None:
        draft.keep(slot)
        messages = lenient_messages(text, role)
        text = dump(messages)
    fields[slot] = text
    del draft.values[slot]
    return messages


def _with_instructions(draft: Draft, fields: dict[str, Any], inputs: list[Message]) -> list[Message]:
    text = draft.take("system_instructions")
    inputs = [*lenient_messages(text, "system"), *(inputs or fields.get("_inputs", []))]
    fields["input_messages"] = dump(inputs)
    return inputs


def _put_documents(draft: Draft, fields: dict[str, Any]) -> None:
    text = draft.values["documents"]
    try:
        value = from_json(text)
    except ValueError:
        value = None
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    if not items or any(not item.keys() <= _DOCUMENT_KEYS for item in items):
        draft.keep("documents")
    fields["documents"] = dump([document_of(item) for item in items])
    del draft.values["documents"]


def _documents_in(output: str) -> str:
    """Documents that a retriever gave as its raw output: a list of them, or an object that holds one."""
    try:
        value = from_json(output)
    except ValueError:
        return ""
    if isinstance(value, dict):
        value = value.get("documents")
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        return ""
    documents = [document_of(item) for item in value]
    return dump(documents) if all(document.content for document in documents) else ""


def _put_texts(draft: Draft, fields: dict[str, Any], inputs: list[Message], outputs: list[Message]) -> None:
    operation = fields["operation"]
    raw_in, raw_out = draft.values.get("input_value", ""), draft.values.get("output_value", "")
    if operation == op.EXECUTE_TOOL:
        _fill(draft, fields, "tool_arguments", "input_value")
        _fill(draft, fields, "tool_result", "output_value")
        text_in, text_out = _of(draft, fields, "tool_arguments"), _of(draft, fields, "tool_result")
    elif operation in {op.RETRIEVAL, op.RERANK}:
        _fill(draft, fields, "retrieval_query", "input_value")
        text_in, text_out = _of(draft, fields, "retrieval_query"), ""
        if raw_out and "documents" not in fields:
            fields["documents"] = _documents_in(raw_out)
    elif operation == op.EMBEDDINGS:
        if raw_out:
            draft.rest[draft.sources["output_value"][0]] = _without_vectors(raw_out)
            del draft.values["output_value"]
        text_in, text_out = fields.get("input_text", ""), ""
    else:
        text_in = last_text(inputs, "user") or last_text(inputs, "tool")
        text_out = last_text(outputs, "assistant") or "\n\n".join(filter(None, map(text_of, outputs)))
    fields["input_text"] = text_in or ("" if any(message.parts for message in inputs) else raw_in)
    has_output = any(message.parts for message in outputs) or fields.get("documents")
    fields["output_text"] = text_out or ("" if has_output else draft.values.get("output_value", ""))
    for slot, taken in (("input_value", fields["input_text"]), ("output_value", fields["output_text"])):
        if draft.values.get(slot) == taken:
            del draft.values[slot]
        else:
            draft.give_back(slot)


def _fill(draft: Draft, fields: dict[str, Any], slot: str, source: str) -> None:
    if slot not in draft.values and source in draft.values:
        fields[slot] = draft.values[source]


def _of(draft: Draft, fields: dict[str, Any], slot: str) -> str:
    return str(draft.values.get(slot) or fields.get(slot, ""))


def _without_vectors(text: str) -> str:
    try:
        return as_json(_thinned(from_json(text)))
    except (ValueError, RecursionError):
        return text


def _thinned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _thinned_text(item) if key == "embedding" else _thinned(item) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) >= _NUMBERS_WORTH_LEAVING_OUT and all(type(item) in {int, float} for item in value):
            return vector_note(len(value))
        return [_thinned(item) for item in value]
    return value


def _thinned_text(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 64:
        return f"[vector of {len(value)} characters left out]"
    return _thinned(value)
