"""Langfuse's attributes, which its SDKs from version 3 send by OpenTelemetry; LiteLLM sends some of them too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from backend.telemetry import operation as op
from ingest.mapping.values import as_text, identity, json_table, labels, moment, total_cost, unquoted
from ingest.vocabularies.base import Convert, Vocabulary


class Langfuse(Vocabulary):
    """Langfuse: input and output as one value each, counts and costs as tables."""

    name = "langfuse"
    rank = 9
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        "langfuse.observation.type": ("operation", as_text),
        "langfuse.observation.input": ("input_value", as_text),
        "langfuse.observation.output": ("output_value", as_text),
        "langfuse.observation.model.name": ("model_name", as_text),
        "langfuse.observation.model.parameters": ("request_parameters", as_text),
        "langfuse.observation.usage_details": ("usage_counts", json_table),
        "langfuse.observation.cost_details": ("client_cost_usd", total_cost),
        "langfuse.observation.completion_start_time": ("first_token_time", moment),
        "langfuse.observation.prompt.name": ("prompt_name", as_text),
        "langfuse.observation.prompt.version": ("prompt_version", as_text),
        "langfuse.observation.level": ("level", as_text),
        "langfuse.observation.status_message": ("status_message", unquoted),
        "langfuse.session.id": ("conversation_id", identity),
        "langfuse.user.id": ("user_id", identity),
        "langfuse.trace.tags": ("tags", labels),
        "langfuse.environment": ("environment", as_text),
        "langfuse.release": ("release", as_text),
    }
    operations: ClassVar[Mapping[str, str]] = {
        "generation": op.CHAT,
        "embedding": op.EMBEDDINGS,
        "retriever": op.RETRIEVAL,
        "tool": op.EXECUTE_TOOL,
        "agent": op.INVOKE_AGENT,
        "chain": op.INVOKE_WORKFLOW,
        "evaluator": op.EVALUATE,
        "guardrail": op.GUARDRAIL,
        "span": op.OTHER,
        "event": op.OTHER,
    }
    broad: ClassVar[frozenset[str]] = frozenset({"generation"})
