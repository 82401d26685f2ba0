"""OpenTelemetry's semantic conventions for generative AI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from ingest.mapping.values import as_text, first_token, known_cost, milliseconds, vendor, whole, words
from ingest.vocabularies.base import Convert, Vocabulary


class OtelGenAi(Vocabulary):
    """OpenTelemetry GenAI: messages in attributes (1.37 and later) and the older names and span events."""

    name = "otel_genai"
    rank = 1
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        sc.GEN_AI_OPERATION_NAME: ("operation", as_text),
        sc.LLM_REQUEST_TYPE: ("operation", as_text),
        sc.GEN_AI_PROVIDER_NAME: ("provider", vendor),
        sc.GEN_AI_SYSTEM: ("provider", vendor),
        sc.GEN_AI_CONVERSATION_ID: ("conversation_id", as_text),
        sc.GEN_AI_REQUEST_MODEL: ("request_model", as_text),
        sc.GEN_AI_RESPONSE_MODEL: ("response_model", as_text),
        sc.GEN_AI_RESPONSE_ID: ("response_id", as_text),
        sc.GEN_AI_RESPONSE_FINISH_REASONS: ("finish_reasons", words),
        sc.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK: ("time_to_first_token_ms", milliseconds),
        sc.GEN_AI_CLIENT_TIME_TO_FIRST_CHUNK: ("time_to_first_token_ms", milliseconds),
        sc.GEN_AI_SERVER_TIME_TO_FIRST_TOKEN: ("time_to_first_token_ms", first_token),
        sc.GEN_AI_REQUEST_MAX_TOKENS: ("max_tokens", whole),
        sc.GEN_AI_REQUEST_STREAM: ("streamed", as_text),
        sc.GEN_AI_SYSTEM_INSTRUCTIONS: ("system_instructions", as_text),
        sc.GEN_AI_INPUT_MESSAGES: ("input_messages", as_text),
        sc.GEN_AI_OUTPUT_MESSAGES: ("output_messages", as_text),
        sc.GEN_AI_TOOL_DEFINITIONS: ("tool_definitions", as_text),
        sc.GEN_AI_TOOL_NAME: ("tool_name", as_text),
        sc.GEN_AI_TOOL_CALL_ID: ("tool_call_id", as_text),
        sc.GEN_AI_TOOL_CALL_ARGUMENTS: ("tool_arguments", as_text),
        sc.GEN_AI_TOOL_CALL_RESULT: ("tool_result", as_text),
        sc.GEN_AI_RETRIEVAL_QUERY_TEXT: ("retrieval_query", as_text),
        sc.GEN_AI_RETRIEVAL_DOCUMENTS: ("documents", as_text),
        sc.GEN_AI_AGENT_NAME: ("agent_name", as_text),
        sc.GEN_AI_PROMPT_NAME: ("prompt_name", as_text),
        sc.GEN_AI_PROMPT_VERSION: ("prompt_version", as_text),
        sc.GEN_AI_USAGE_INPUT_TOKENS: ("input_tokens", whole),
        sc.GEN_AI_USAGE_PROMPT_TOKENS: ("input_tokens", whole),
        sc.GEN_AI_USAGE_OUTPUT_TOKENS: ("output_tokens", whole),
        sc.GEN_AI_USAGE_COMPLETION_TOKENS: ("output_tokens", whole),
        sc.GEN_AI_USAGE_CACHE_READ: ("cache_read_tokens", whole),
        sc.GEN_AI_USAGE_CACHE_CREATION: ("cache_write_tokens", whole),
        sc.GEN_AI_USAGE_CACHE_WRITE: ("cache_write_tokens", whole),
        sc.GEN_AI_USAGE_REASONING: ("reasoning_tokens", whole),
        sc.GEN_AI_USAGE_COST: ("client_cost_usd", known_cost),
    }
    operations: ClassVar[Mapping[str, str]] = {
        **{name: name for name in op.ALL if name},
        "completion": op.TEXT_COMPLETION,
        "acompletion": op.CHAT,
        "responses": op.CHAT,
        "aresponses": op.CHAT,
        "anthropic_messages": op.CHAT,
        "embedding": op.EMBEDDINGS,
        "aembedding": op.EMBEDDINGS,
        "chain": op.INVOKE_WORKFLOW,
        "execute_task": op.INVOKE_WORKFLOW,
        "agent_step": op.INVOKE_WORKFLOW,
        "execute_event_loop_cycle": op.INVOKE_WORKFLOW,
    }
