"""What Logfire and Pydantic AI send beside OpenTelemetry's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from backend.telemetry import semconv as sc
from ingest.mapping.values import as_text, json_table, labels, real, whole
from ingest.vocabularies.base import Convert, Vocabulary


class Logfire(Vocabulary):
    """Logfire: the provider's own counts, its cost; Pydantic AI: what an agent was told and what came out."""

    name = "logfire"
    rank = 4
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        "logfire.tags": ("tags", labels),
        sc.GEN_AI_USAGE_RAW: ("usage_counts", json_table),
        sc.GEN_AI_USAGE_DETAILS_CACHE_READ: ("cache_read_tokens", whole),
        sc.GEN_AI_USAGE_DETAILS_CACHE_WRITE: ("cache_write_tokens", whole),
        sc.GEN_AI_USAGE_DETAILS_AUDIO_IN: ("audio_input", whole),
        sc.GEN_AI_USAGE_DETAILS_AUDIO_OUT: ("audio_output", whole),
        sc.GEN_AI_USAGE_DETAILS_REASONING: ("reasoning_tokens", whole),
        "operation.cost": ("client_cost_usd", real),
        "pydantic_ai.all_messages": ("input_messages", as_text),
        "final_result": ("output_value", as_text),
        "agent_name": ("agent_name", as_text),
        "tool_arguments": ("tool_arguments", as_text),
        "tool_response": ("tool_result", as_text),
    }
    operations: ClassVar[Mapping[str, str]] = {}
