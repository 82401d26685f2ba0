"""OpenInference, the vocabulary of Phoenix and its instrumentations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from ingest.mapping.values import as_text, real, whole, words
from ingest.vocabularies.base import Convert, Vocabulary


class OpenInference(Vocabulary):
    """OpenInference: messages, documents and vectors as numbered attributes."""

    name = "openinference"
    rank = 2
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        sc.OI_SPAN_KIND: ("operation", as_text),
        sc.OI_INPUT_VALUE: ("input_value", as_text),
        sc.OI_OUTPUT_VALUE: ("output_value", as_text),
        sc.OI_LLM_REQUEST_MODEL_NAME: ("request_model", as_text),
        sc.OI_LLM_RESPONSE_MODEL_NAME: ("response_model", as_text),
        sc.OI_LLM_MODEL_NAME: ("model_name", as_text),
        sc.OI_EMBEDDING_MODEL_NAME: ("model_name", as_text),
        sc.OI_RERANKER_MODEL_NAME: ("model_name", as_text),
        sc.OI_LLM_PROVIDER: ("provider", as_text),
        sc.OI_LLM_SYSTEM: ("provider", as_text),
        sc.OI_LLM_INVOCATION_PARAMETERS: ("request_parameters", as_text),
        sc.OI_LLM_FINISH_REASON: ("finish_reasons", words),
        sc.OI_LLM_PROMPT_TEMPLATE_NAME: ("prompt_name", as_text),
        sc.OI_LLM_PROMPT_TEMPLATE_VERSION: ("prompt_version", as_text),
        sc.OI_TOKENS_PROMPT: ("input_tokens", whole),
        sc.OI_TOKENS_COMPLETION: ("output_tokens", whole),
        sc.OI_TOKENS_CACHE_READ: ("cache_read_tokens", whole),
        sc.OI_TOKENS_CACHE_WRITE: ("cache_write_tokens", whole),
        sc.OI_TOKENS_PROMPT_AUDIO: ("audio_input", whole),
        sc.OI_TOKENS_REASONING: ("reasoning_tokens", whole),
        sc.OI_TOKENS_COMPLETION_AUDIO: ("audio_output", whole),
        sc.OI_COST_TOTAL: ("client_cost_usd", real),
        sc.OI_RERANKER_QUERY: ("retrieval_query", as_text),
        sc.OI_TOOL_NAME: ("tool_name", as_text),
        sc.OI_TOOL_ID: ("tool_call_id", as_text),
        sc.OI_TOOL_CALL_ID: ("tool_call_id", as_text),
        sc.OI_AGENT_NAME: ("agent_name", as_text),
        sc.OI_TAGS: ("tags", words),
    }
    flattened: ClassVar[Mapping[str, str]] = {
        sc.OI_LLM_INPUT_MESSAGES: "flat_input_messages",
        sc.OI_LLM_OUTPUT_MESSAGES: "flat_output_messages",
        sc.OI_LLM_TOOLS: "flat_tools",
        sc.OI_RETRIEVAL_DOCUMENTS: "flat_documents",
        sc.OI_RERANKER_OUTPUT_DOCUMENTS: "flat_documents",
        sc.OI_EMBEDDING_VECTORS: "flat_vectors",
    }
    operations: ClassVar[Mapping[str, str]] = {
        "llm": op.CHAT,
        "embedding": op.EMBEDDINGS,
        "retriever": op.RETRIEVAL,
        "reranker": op.RERANK,
        "tool": op.EXECUTE_TOOL,
        "agent": op.INVOKE_AGENT,
        "chain": op.INVOKE_WORKFLOW,
        "guardrail": op.GUARDRAIL,
        "evaluator": op.EVALUATE,
        "prompt": op.OTHER,
        "unknown": op.OTHER,
    }
