"""LangWatch's attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from backend.telemetry import operation as op
from ingest.mapping.values import as_text, identity, json_table, labels
from ingest.vocabularies.base import Convert, Vocabulary


class LangWatch(Vocabulary):
    """LangWatch: input and output with their type, contexts of retrieval, counts and times as tables."""

    name = "langwatch"
    rank = 5
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        "langwatch.span.type": ("operation", as_text),
        "langwatch.input": ("input_value", as_text),
        "langwatch.output": ("output_value", as_text),
        "langwatch.rag_contexts": ("documents", as_text),
        "langwatch.contexts": ("documents", as_text),
        "langwatch.metrics": ("usage_counts", json_table),
        "langwatch.timestamps": ("timestamps", json_table),
        "langwatch.params": ("request_parameters", as_text),
        "langwatch.prompt.id": ("prompt_name", as_text),
        "langwatch.prompt.version.number": ("prompt_version", as_text),
        "langwatch.prompt.version.id": ("prompt_version", as_text),
        "langwatch.langchain.tags": ("tags", labels),
        "langwatch.session.id": ("conversation_id", identity),
        "langwatch.thread_id": ("conversation_id", identity),
        "langwatch.thread.id": ("conversation_id", identity),
        "langwatch.user_id": ("user_id", identity),
        "langwatch.user.id": ("user_id", identity),
    }
    operations: ClassVar[Mapping[str, str]] = {
        "llm": op.CHAT,
        "rag": op.RETRIEVAL,
        "tool": op.EXECUTE_TOOL,
        "agent": op.INVOKE_AGENT,
        "chain": op.INVOKE_WORKFLOW,
        "workflow": op.INVOKE_WORKFLOW,
        "guardrail": op.GUARDRAIL,
        "evaluation": op.EVALUATE,
        "span": op.OTHER,
    }
