"""OpenLLMetry, Traceloop's instrumentations: OpenTelemetry's names, an older numbered form, its decorators' names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from ingest.mapping.values import as_text, identity, labels, whole
from ingest.vocabularies.base import Convert, Vocabulary


class OpenLlmetry(Vocabulary):
    """OpenLLMetry: decorated functions as entities, properties that travel with a trace."""

    name = "openllmetry"
    rank = 3
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        "traceloop.span.kind": ("operation", as_text),
        "traceloop.entity.input": ("input_value", as_text),
        "traceloop.entity.output": ("output_value", as_text),
        "traceloop.association.properties.session_id": ("conversation_id", identity),
        "traceloop.association.properties.conversation_id": ("conversation_id", identity),
        "traceloop.association.properties.thread_id": ("conversation_id", identity),
        "traceloop.association.properties.chat_id": ("conversation_id", identity),
        "traceloop.association.properties.user_id": ("user_id", identity),
        "traceloop.association.properties.tags": ("tags", labels),
        "traceloop.prompt.key": ("prompt_name", as_text),
        "traceloop.prompt.version": ("prompt_version", as_text),
        sc.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: ("cache_read_tokens", whole),
        sc.GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS: ("cache_write_tokens", whole),
        sc.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS: ("cache_write_tokens", whole),
        sc.GEN_AI_USAGE_REASONING_TOKENS: ("reasoning_tokens", whole),
    }
    flattened: ClassVar[Mapping[str, str]] = {
        sc.GEN_AI_PROMPT: "flat_input_messages",
        sc.GEN_AI_COMPLETION: "flat_output_messages",
        sc.LLM_REQUEST_FUNCTIONS: "flat_tools",
    }
    operations: ClassVar[Mapping[str, str]] = {
        "workflow": op.INVOKE_WORKFLOW,
        "task": op.OTHER,
        "agent": op.INVOKE_AGENT,
        "tool": op.EXECUTE_TOOL,
    }
