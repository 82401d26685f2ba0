"""What a span did, in OpenTelemetry's words, and which of them mean a model was called."""

from __future__ import annotations

from typing import Final

CHAT: Final = "chat"
TEXT_COMPLETION: Final = "text_completion"
GENERATE_CONTENT: Final = "generate_content"
EMBEDDINGS: Final = "embeddings"
RETRIEVAL: Final = "retrieval"
RERANK: Final = "rerank"
EXECUTE_TOOL: Final = "execute_tool"
INVOKE_AGENT: Final = "invoke_agent"
CREATE_AGENT: Final = "create_agent"
INVOKE_WORKFLOW: Final = "invoke_workflow"
GUARDRAIL: Final = "guardrail"
EVALUATE: Final = "evaluate"
OTHER: Final = ""

GENERATION: Final = frozenset({CHAT, TEXT_COMPLETION, GENERATE_CONTENT})
"""Operations whose output is a model's answer."""

METERED: Final = GENERATION | {EMBEDDINGS, RERANK}
"""Operations whose tokens count: agents and workflows repeat their children's usage."""

ALL: Final = (
    CHAT, TEXT_COMPLETION, GENERATE_CONTENT, EMBEDDINGS, RETRIEVAL, RERANK, EXECUTE_TOOL,
    INVOKE_AGENT, CREATE_AGENT, INVOKE_WORKFLOW, GUARDRAIL, EVALUATE, OTHER,
)  # fmt: skip
