"""What LiteLLM sends beside the vocabularies that it writes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from backend.telemetry import semconv as sc
from ingest.mapping.values import as_text, identity, python_table, real
from ingest.vocabularies.base import Convert, Vocabulary


class LiteLlm(Vocabulary):
    """LiteLLM: what a call cost by its table, and for whom it was made."""

    name = "litellm"
    rank = 1
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        "metadata.usage_object": ("usage_counts", python_table),
        sc.GEN_AI_COST_TOTAL: ("client_cost_usd", real),
        sc.LLM_RESPONSE_COST: ("client_cost_usd", real),
        sc.LLM_RESPONSE_MODEL: ("response_model", as_text),
        sc.LLM_RESPONSE_ID: ("response_id", as_text),
        "metadata.user_api_key_end_user_id": ("user_id", identity),
        sc.LLM_USER: ("user_id", identity),
    }
    operations: ClassVar[Mapping[str, str]] = {}
