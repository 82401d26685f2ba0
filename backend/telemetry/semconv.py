"""Every attribute name that Assay reads, and no other place spells one.

Sources: OpenTelemetry semantic conventions for generative AI (1.37 and later), OpenInference semantic conventions.
"""

from __future__ import annotations

from typing import Final

# --- OpenTelemetry: resource and general
SERVICE_NAME: Final = "service.name"
SERVICE_VERSION: Final = "service.version"
DEPLOYMENT_ENVIRONMENT_NAME: Final = "deployment.environment.name"
DEPLOYMENT_ENVIRONMENT: Final = "deployment.environment"  # before semantic conventions 1.27
USER_ID: Final = "user.id"
ENDUSER_ID: Final = "enduser.id"
SESSION_ID: Final = "session.id"
ERROR_TYPE: Final = "error.type"
EXCEPTION_EVENT: Final = "exception"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
SCOPE_PREFIX: Final = "otel.scope."  # attributes of an instrumentation scope, where they stand among a span's
TRACE_STATE: Final = "otel.trace_state"
EVENT_NAME: Final = "event.name"  # of a log record, before records had a field for it

# --- OpenTelemetry GenAI
GEN_AI_OPERATION_NAME: Final = "gen_ai.operation.name"
GEN_AI_PROVIDER_NAME: Final = "gen_ai.provider.name"
GEN_AI_SYSTEM: Final = "gen_ai.system"  # before 1.37
GEN_AI_CONVERSATION_ID: Final = "gen_ai.conversation.id"
GEN_AI_REQUEST_MODEL: Final = "gen_ai.request.model"
GEN_AI_RESPONSE_MODEL: Final = "gen_ai.response.model"
GEN_AI_RESPONSE_ID: Final = "gen_ai.response.id"
GEN_AI_RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds
GEN_AI_SERVER_TIME_TO_FIRST_TOKEN: Final = "gen_ai.server.time_to_first_token"  # seconds
GEN_AI_REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
GEN_AI_REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
GEN_AI_REQUEST_STREAM: Final = "gen_ai.request.stream"
GEN_AI_REQUEST_TOP_P: Final = "gen_ai.request.top_p"
GEN_AI_SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
GEN_AI_INPUT_MESSAGES: Final = "gen_ai.input.messages"
GEN_AI_OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
GEN_AI_TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
GEN_AI_TOOL_NAME: Final = "gen_ai.tool.name"
GEN_AI_TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
GEN_AI_TOOL_TYPE: Final = "gen_ai.tool.type"
GEN_AI_TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
GEN_AI_TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
GEN_AI_TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
GEN_AI_RETRIEVAL_QUERY_TEXT: Final = "gen_ai.retrieval.query.text"
GEN_AI_RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"
GEN_AI_DATA_SOURCE_ID: Final = "gen_ai.data_source.id"
GEN_AI_AGENT_NAME: Final = "gen_ai.agent.name"
GEN_AI_AGENT_ID: Final = "gen_ai.agent.id"
GEN_AI_PROMPT_NAME: Final = "gen_ai.prompt.name"
GEN_AI_PROMPT_VERSION: Final = "gen_ai.prompt.version"
GEN_AI_OUTPUT_TYPE: Final = "gen_ai.output.type"
GEN_AI_REQUEST_STRUCTURED_OUTPUT: Final = "gen_ai.request.structured_output_schema"  # OpenLLMetry's
LLM_REQUEST_STRUCTURED_OUTPUT: Final = "llm.request.structured_output_schema"  # OpenLLMetry's, before 0.50
PYDANTIC_AI_REQUEST_PARAMETERS: Final = "model_request_parameters"
GEN_AI_USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"  # includes what was read from or written to a cache
GEN_AI_USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"  # includes reasoning
GEN_AI_USAGE_PROMPT_TOKENS: Final = "gen_ai.usage.prompt_tokens"  # before 1.27
GEN_AI_USAGE_COMPLETION_TOKENS: Final = "gen_ai.usage.completion_tokens"  # before 1.27
GEN_AI_USAGE_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
GEN_AI_USAGE_CACHE_CREATION: Final = "gen_ai.usage.cache_creation.input_tokens"
GEN_AI_USAGE_CACHE_WRITE: Final = "gen_ai.usage.cache_write.input_tokens"
GEN_AI_USAGE_REASONING: Final = "gen_ai.usage.reasoning.output_tokens"
GEN_AI_USAGE_COST: Final = "gen_ai.usage.cost"
GEN_AI_CLIENT_TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"  # seconds

# --- Names under OpenTelemetry's prefixes that only some clients use
GEN_AI_USAGE_RAW: Final = "gen_ai.usage.raw"  # Logfire: the provider's own table of counts
GEN_AI_USAGE_TOTAL_TOKENS: Final = "gen_ai.usage.total_tokens"  # Strands, LiteLLM
LLM_USAGE_TOTAL_TOKENS: Final = "llm.usage.total_tokens"  # OpenLLMetry
GEN_AI_USAGE_REASONING_TOKENS: Final = "gen_ai.usage.reasoning_tokens"  # OpenLLMetry
GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: Final = "gen_ai.usage.cache_read_input_tokens"  # OpenLLMetry before 0.50
GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS: Final = "gen_ai.usage.cache_creation_input_tokens"
GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS: Final = "gen_ai.usage.cache_write_input_tokens"  # Strands
GEN_AI_USAGE_DETAILS_REASONING: Final = "gen_ai.usage.details.reasoning_tokens"  # Pydantic AI
GEN_AI_USAGE_DETAILS_CACHE_READ: Final = "gen_ai.usage.details.cache_read_tokens"
GEN_AI_USAGE_DETAILS_CACHE_WRITE: Final = "gen_ai.usage.details.cache_write_tokens"
GEN_AI_USAGE_DETAILS_AUDIO_IN: Final = "gen_ai.usage.details.input_audio_tokens"
GEN_AI_USAGE_DETAILS_AUDIO_OUT: Final = "gen_ai.usage.details.output_audio_tokens"
GEN_AI_PROMPT: Final = "gen_ai.prompt"  # OpenLLMetry: start of numbered names; LangSmith: one JSON text
GEN_AI_COMPLETION: Final = "gen_ai.completion"
GEN_AI_COST_TOTAL: Final = "gen_ai.cost.total_cost"  # LiteLLM
LLM_RESPONSE_COST: Final = "llm.response.cost"
LLM_RESPONSE_MODEL: Final = "llm.response.model"
LLM_RESPONSE_ID: Final = "llm.response.id"
LLM_USER: Final = "llm.user"
LLM_REQUEST_TYPE: Final = "llm.request.type"  # OpenLLMetry and LiteLLM
TRACELOOP_ENTITY_NAME: Final = "traceloop.entity.name"  # OpenLLMetry: of the decorated function
LLM_REQUEST_FUNCTIONS: Final = "llm.request.functions"  # OpenLLMetry

# Span events of the older form: one event a message.
GEN_AI_EVENT_MESSAGE_PREFIX: Final = "gen_ai."  # gen_ai.user.message, gen_ai.system.message, gen_ai.tool.message, ...
GEN_AI_EVENT_MESSAGE_SUFFIX: Final = ".message"
GEN_AI_EVENT_CHOICE: Final = "gen_ai.choice"
GEN_AI_EVENT_MESSAGE_INDEX: Final = "gen_ai.message.index"  # Pydantic AI's place of a message among the others
GEN_AI_EVENT_CONTENT: Final = "gen_ai.event.content"

# Log records: the same names as span events, one record a message; or one record a call with messages in attributes.
GEN_AI_EVENT_DETAILS: Final = "gen_ai.client.inference.operation.details"
GEN_AI_EVENT_EVALUATION: Final = "gen_ai.evaluation.result"
GEN_AI_EVALUATION_NAME: Final = "gen_ai.evaluation.name"
GEN_AI_EVALUATION_SCORE_VALUE: Final = "gen_ai.evaluation.score.value"
GEN_AI_EVALUATION_SCORE_LABEL: Final = "gen_ai.evaluation.score.label"
GEN_AI_EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"

# --- OpenInference
OI_SPAN_KIND: Final = "openinference.span.kind"
OI_PROJECT_NAME: Final = "openinference.project.name"
OI_INPUT_VALUE: Final = "input.value"
OI_INPUT_MIME_TYPE: Final = "input.mime_type"
OI_OUTPUT_VALUE: Final = "output.value"
OI_OUTPUT_MIME_TYPE: Final = "output.mime_type"
OI_LLM_MODEL_NAME: Final = "llm.model_name"
OI_LLM_REQUEST_MODEL_NAME: Final = "llm.request.model_name"
OI_LLM_RESPONSE_MODEL_NAME: Final = "llm.response.model_name"
OI_LLM_PROVIDER: Final = "llm.provider"
OI_LLM_SYSTEM: Final = "llm.system"
OI_LLM_INVOCATION_PARAMETERS: Final = "llm.invocation_parameters"
OI_LLM_FINISH_REASON: Final = "llm.finish_reason"
OI_LLM_INPUT_MESSAGES: Final = "llm.input_messages"
OI_LLM_OUTPUT_MESSAGES: Final = "llm.output_messages"
OI_LLM_TOOLS: Final = "llm.tools"
OI_LLM_PROMPT_TEMPLATE: Final = "llm.prompt_template.template"
OI_LLM_PROMPT_TEMPLATE_NAME: Final = "llm.prompt_template.name"
OI_LLM_PROMPT_TEMPLATE_VERSION: Final = "llm.prompt_template.version"
OI_LLM_PROMPT_TEMPLATE_VARIABLES: Final = "llm.prompt_template.variables"
OI_TOKENS_PROMPT: Final = "llm.token_count.prompt"
OI_TOKENS_COMPLETION: Final = "llm.token_count.completion"
OI_TOKENS_TOTAL: Final = "llm.token_count.total"
OI_TOKENS_CACHE_READ: Final = "llm.token_count.prompt_details.cache_read"
OI_TOKENS_CACHE_WRITE: Final = "llm.token_count.prompt_details.cache_write"
OI_TOKENS_PROMPT_AUDIO: Final = "llm.token_count.prompt_details.audio"
OI_TOKENS_REASONING: Final = "llm.token_count.completion_details.reasoning"
OI_TOKENS_COMPLETION_AUDIO: Final = "llm.token_count.completion_details.audio"
OI_COST_TOTAL: Final = "llm.cost.total"
OI_EMBEDDING_MODEL_NAME: Final = "embedding.model_name"
OI_EMBEDDING_VECTORS: Final = "embedding.embeddings"
OI_RETRIEVAL_DOCUMENTS: Final = "retrieval.documents"
OI_RERANKER_INPUT_DOCUMENTS: Final = "reranker.input_documents"
OI_RERANKER_OUTPUT_DOCUMENTS: Final = "reranker.output_documents"
OI_RERANKER_QUERY: Final = "reranker.query"
OI_RERANKER_MODEL_NAME: Final = "reranker.model_name"
OI_TOOL_NAME: Final = "tool.name"
OI_TOOL_DESCRIPTION: Final = "tool.description"
OI_TOOL_PARAMETERS: Final = "tool.parameters"
OI_TOOL_ID: Final = "tool.id"
OI_TOOL_CALL_ID: Final = "tool_call.id"
OI_AGENT_NAME: Final = "agent.name"
OI_METADATA: Final = "metadata"
OI_TAGS: Final = "tag.tags"
OI_FIRST_TOKEN_EVENT: Final = "First Token Stream Event"
FIRST_TOKEN_EVENTS: Final = frozenset(
    {
        OI_FIRST_TOKEN_EVENT,
        "ai.stream.firstChunk",
        "gen_ai.content.completion.chunk",
    }  # OpenInference, Vercel, OpenLLMetry
)

# --- Assay's own, for clients without a convention of their own
ASSAY_RELEASE: Final = "assay.release"
ASSAY_TAGS: Final = "assay.tags"
ASSAY_TWIN: Final = "assay.counted_elsewhere"  # counts of a call that another span tells too
ASSAY_MASKED: Final = "assay.masked"  # JSON: by kind the tokens of what was masked before storage, or their number
ASSAY_DROPPED: Final = "assay.dropped"  # ``content`` where messages, documents, arguments and results were left out
