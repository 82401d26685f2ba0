"""What went in and what came out: messages, documents, tool arguments, and the text a reader sees of them."""

from __future__ import annotations

from typing import Any

from backend.telemetry import operation as op
from backend.telemetry.message import Message, dump, last_text, load_documents, text_of
from ingest.mapping.draft import Draft
from ingest.mapping.messages import exact_messages, lenient_messages
from ingest.mapping.numbered import document_of, put_numbered, vector_note
from ingest.mapping.raw import (
    documents_of,
    is_documents,
    plain_text,
    reader_text,
    request_messages,
    response_messages,
    tool_call_messages,
    tools_of,
    unwrapped,
    value_of,
)
from ingest.mapping.unsaid import Said
from ingest.mapping.values import as_json, as_text, from_json

_DOCUMENT_KEYS = frozenset({"id", "content", "page_content", "text", "score", "metadata", "type"})
_NUMBERS_WORTH_LEAVING_OUT = 8


def put_content(draft: Draft, fields: dict[str, Any]) -> None:
    """Fill messages, documents, tool and retrieval fields, and the texts for readers."""
    if draft.flat:
        put_numbered(draft, fields)
    inputs = _put_messages(draft, fields, "input_messages", "user")
    if "system_instructions" in draft.values:
        inputs = _with_instructions(draft, fields, inputs)
    numbered = fields.get("output_messages", "")
    outputs = _put_messages(draft, fields, "output_messages", "assistant")
    if numbered and not any(message.parts for message in outputs):
        fields["output_messages"], outputs = numbered, []  # LiteLLM tells calls of functions only so
    inputs, outputs = inputs or fields.pop("_inputs", []), outputs or fields.pop("_outputs", [])
    fields.pop("_inputs", None)
    fields.pop("_outputs", None)
    if fields["operation"] in op.GENERATION:
        inputs, outputs = _from_raw(draft, fields, inputs, outputs)
    draft.give_back("tool_calls")
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
    told, inputs = lenient_messages(text, "system"), inputs or fields.get("_inputs", [])
    if inputs[: len(told)] != told:  # OpenLIT tells those of Anthropic's calls among the messages too
        inputs = [*told, *inputs]
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


def gives_documents(draft: Draft, fields: dict[str, Any]) -> bool:
    """Whether a step of no known kind looked documents up: decorators know the function, not what it does."""
    if fields["operation"] != op.OTHER:
        return False
    for slot in ("output_value", "output_messages", "documents"):
        text = draft.values.get(slot, "")
        if text and is_documents(unwrapped(value_of(text))):
            if slot == "output_messages":
                draft.values["output_value"] = draft.take(slot)
                draft.sources["output_value"] = draft.sources[slot]
            return True
    return False


def _from_raw(
    draft: Draft, fields: dict[str, Any], inputs: list[Message], outputs: list[Message]
) -> tuple[list[Message], list[Message]]:
    """Messages of a model call that were sent as a whole request and response."""
    if not inputs and (text := draft.values.get("input_value")):
        value = value_of(text)
        if inputs := request_messages(value):
            fields["input_messages"] = dump(inputs)
            if isinstance(value, dict):
                _put_asked(draft, value)
            _keep_unsaid(draft, "input_value", value, inputs)
    if not outputs and (text := draft.values.get("output_value")):
        value = value_of(text)
        if outputs := response_messages(value):
            _keep_unsaid(draft, "output_value", value, [*inputs, *outputs])
    if calls := tool_call_messages(draft.take("tool_calls")):
        parts = (*(outputs[-1].parts if outputs else ()), *calls[0].parts)
        outputs = [*outputs[:-1], Message(role="assistant", parts=parts)]
    if outputs and "output_messages" not in fields:
        fields["output_messages"] = dump(outputs)
    return inputs, outputs


def _put_asked(draft: Draft, request: dict[str, Any]) -> None:
    """What a whole request tells of the model, its tools and its limit."""
    model, limit = request.get("model"), request.get("max_tokens")
    if tools := tools_of(request):
        draft.values.setdefault("tool_definitions", as_json(tools))
    if isinstance(model, str) and model:
        draft.values.setdefault("request_model", model)
    if type(limit) is int and limit > 0:
        draft.values.setdefault("max_tokens", limit)


def _keep_unsaid(draft: Draft, slot: str, value: Any, messages: list[Message]) -> None:
    """Leave of a request or response what neither messages nor fields say."""
    del draft.values[slot]
    said = Said(messages, (draft.values.get(name) for name in _SAID))
    said.add({"max_tokens": draft.values.get("max_tokens")})
    if (rest := said.left(value)) is not None:
        draft.rest[draft.sources[slot][0]] = as_json(rest)


_SAID = ("tool_definitions", "request_model", "response_model", "response_id", "model_name", "finish_reasons")


def _put_raw_documents(draft: Draft, fields: dict[str, Any], output: str) -> None:
    """Documents that a retriever gave as its raw output: a list of them, or an object that holds one."""
    value = unwrapped(value_of(output))
    found = documents_of(value)
    if found and all(one.content for one in load_documents(found)):
        fields["documents"] = found
        if isinstance(value, list) and all(isinstance(one, dict) and one.keys() <= _DOCUMENT_KEYS for one in value):
            draft.take("output_value")


def _put_texts(draft: Draft, fields: dict[str, Any], inputs: list[Message], outputs: list[Message]) -> None:
    operation = fields["operation"]
    raw_in, raw_out = draft.values.get("input_value", ""), draft.values.get("output_value", "")
    if operation == op.EXECUTE_TOOL:
        _fill(draft, fields, "tool_arguments", "input_value")
        _fill(draft, fields, "tool_result", "output_value")
        _fill_from(draft, fields, "tool_arguments", inputs)
        _fill_from(draft, fields, "tool_result", outputs)
        text_in, text_out = _of(draft, fields, "tool_arguments"), _of(draft, fields, "tool_result")
    elif operation in {op.RETRIEVAL, op.RERANK}:
        if "retrieval_query" not in draft.values and raw_in:
            fields["retrieval_query"] = reader_text(raw_in, "user")
        text_in, text_out = _of(draft, fields, "retrieval_query"), ""
        if raw_out and "documents" not in fields:
            _put_raw_documents(draft, fields, raw_out)
    elif operation == op.EMBEDDINGS:
        if raw_out:
            draft.rest[draft.sources["output_value"][0]] = _without_vectors(raw_out)
            del draft.values["output_value"]
        text_in = fields.get("input_text", "") or last_text(inputs, "user") or reader_text(raw_in, "user")
        text_out = ""
    else:
        text_in = last_text(inputs, "user") or last_text(inputs, "tool")
        text_out = last_text(outputs, "assistant") or "\n\n".join(filter(None, map(text_of, outputs)))
    has_input = any(message.parts for message in inputs)
    fields["input_text"] = text_in or ("" if has_input else reader_text(raw_in, "user"))
    has_output = any(message.parts for message in outputs) or fields.get("documents")
    raw_out = draft.values.get("output_value", "")
    fields["output_text"] = text_out or ("" if has_output else reader_text(raw_out, "assistant"))
    for slot, taken in (("input_value", fields["input_text"]), ("output_value", fields["output_text"])):
        if draft.values.get(slot) == taken:
            del draft.values[slot]
        else:
            draft.give_back(slot)


def _fill(draft: Draft, fields: dict[str, Any], slot: str, source: str) -> None:
    if slot not in draft.values and source in draft.values:
        fields[slot] = plain_text(draft.values[source])


def _fill_from(draft: Draft, fields: dict[str, Any], slot: str, messages: list[Message]) -> None:
    """The arguments or the result of a tool that tells them as the only part of a message."""
    parts = [part for message in messages for part in message.parts]
    if len(parts) == 1 and slot not in draft.values and slot not in fields:
        found = parts[0].arguments if slot == "tool_arguments" else parts[0].response
        if found is not None:
            fields[slot] = as_text(found)


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
