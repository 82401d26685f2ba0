"""OpenTelemetry's names that belong to no field of their own: who, where, what went wrong; and Assay's few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from backend.telemetry import semconv as sc
from ingest.mapping.values import as_text, identity, json_table, words
from ingest.vocabularies.base import Convert, Vocabulary


class General(Vocabulary):
    """General OpenTelemetry attributes that any span may carry."""

    name = "general"
    rank = 0
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        sc.SESSION_ID: ("conversation_id", as_text),
        sc.USER_ID: ("user_id", as_text),
        sc.ENDUSER_ID: ("user_id", as_text),
        "conversation_id": ("conversation_id", identity),
        "session_id": ("conversation_id", identity),
        "thread_id": ("conversation_id", identity),
        "user_id": ("user_id", identity),
        "metadata": ("metadata", json_table),
        sc.ERROR_TYPE: ("error_type", as_text),
        sc.ASSAY_RELEASE: ("release", as_text),
        sc.ASSAY_TAGS: ("tags", words),
        sc.DEPLOYMENT_ENVIRONMENT_NAME: ("environment", as_text),
        sc.DEPLOYMENT_ENVIRONMENT: ("environment", as_text),
    }
    operations: ClassVar[Mapping[str, str]] = {}
