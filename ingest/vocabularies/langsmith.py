"""LangSmith's attributes, which its SDK sends by OpenTelemetry when it is told to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from ingest.mapping.values import as_text, identity, json_table, labels, vendor, whole
from ingest.vocabularies.base import Convert, Vocabulary


class LangSmith(Vocabulary):
    """LangSmith: a run's inputs and outputs as one JSON text each, its metadata name by name."""

    name = "langsmith"
    rank = 6
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        "langsmith.span.kind": ("operation", as_text),
        sc.GEN_AI_PROMPT: ("input_value", as_text),
        sc.GEN_AI_COMPLETION: ("output_value", as_text),
        "langsmith.metadata.usage_metadata": ("usage_counts", json_table),
        "langsmith.metadata.ls_provider": ("provider", vendor),
        "langsmith.metadata.ls_model_name": ("request_model", as_text),
        "langsmith.metadata.ls_max_tokens": ("max_tokens", whole),
        "langsmith.metadata.session_id": ("conversation_id", identity),
        "langsmith.metadata.thread_id": ("conversation_id", identity),
        "langsmith.metadata.conversation_id": ("conversation_id", identity),
        "langsmith.metadata.user_id": ("user_id", identity),
        "langsmith.metadata.environment": ("environment", as_text),
        "langsmith.metadata.revision_id": ("release", as_text),
        "langsmith.span.tags": ("tags", labels),
    }
    operations: ClassVar[Mapping[str, str]] = {
        "llm": op.CHAT,
        "embedding": op.EMBEDDINGS,
        "retriever": op.RETRIEVAL,
        "tool": op.EXECUTE_TOOL,
        "chain": op.INVOKE_WORKFLOW,
        "prompt": op.OTHER,
        "parser": op.OTHER,
    }
