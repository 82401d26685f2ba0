"""MLflow's attributes; each value is JSON, so that words stand in quotes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from backend.telemetry import operation as op
from ingest.mapping.values import as_text, identity, json_list, json_table, total_cost, unquoted
from ingest.vocabularies.base import Convert, Vocabulary


class Mlflow(Vocabulary):
    """MLflow: a function's inputs and outputs, the kind of its span, and counts as a table."""

    name = "mlflow"
    rank = 5
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        "mlflow.spanType": ("operation", unquoted),
        "mlflow.spanInputs": ("input_value", as_text),
        "mlflow.spanOutputs": ("output_value", as_text),
        "mlflow.llm.model": ("model_name", unquoted),
        "mlflow.llm.provider": ("provider", unquoted),
        "mlflow.llm.cost": ("client_cost_usd", total_cost),
        "mlflow.chat.tokenUsage": ("usage_counts", json_table),
        "mlflow.chat.tools": ("tool_definitions", json_list),
        "mlflow.trace.session": ("conversation_id", identity),
        "mlflow.trace.user": ("user_id", identity),
    }
    operations: ClassVar[Mapping[str, str]] = {
        "chat_model": op.CHAT,
        "llm": op.CHAT,
        "embedding": op.EMBEDDINGS,
        "retriever": op.RETRIEVAL,
        "reranker": op.RERANK,
        "tool": op.EXECUTE_TOOL,
        "agent": op.INVOKE_AGENT,
        "chain": op.INVOKE_WORKFLOW,
        "workflow": op.INVOKE_WORKFLOW,
        "guardrail": op.GUARDRAIL,
        "evaluator": op.EVALUATE,
        "task": op.OTHER,
        "parser": op.OTHER,
        "memory": op.OTHER,
        "unknown": op.OTHER,
    }
