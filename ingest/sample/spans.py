"""A planned turn as spans: names, kinds and attributes in OpenTelemetry's GenAI conventions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from opentelemetry.trace import SpanKind

from backend.telemetry import operation, semconv
from backend.telemetry.message import Message, Part
from ingest.sample.bench import definition, said
from ingest.sample.script import Conversation, ModelCall, Retrieval, Step, ToolRun, Turn
from ingest.sample.texts import Failure, shop

Attributes = dict[str, str | int | float | tuple[str, ...]]

_FINISH: Final[Mapping[str, Mapping[str, str]]] = {
    "openai": {"stop": "stop", "length": "length", "tool_call": "tool_calls"},
    "anthropic": {"stop": "end_turn", "length": "max_tokens", "tool_call": "tool_use"},
}


@dataclass(frozen=True, slots=True)
class Sketch:
    """One span before the SDK makes it; times are nanoseconds since 1970."""

    name: str
    kind: SpanKind
    started_ns: int
    ended_ns: int
    attributes: Attributes
    failure: Failure | None


def root(conversation: Conversation, turn: Turn) -> Sketch:
    """The span of the whole turn."""
    agent = shop().setting.agent
    attributes: Attributes = {
        semconv.GEN_AI_OPERATION_NAME: operation.INVOKE_AGENT,
        semconv.GEN_AI_AGENT_NAME: agent,
        semconv.GEN_AI_CONVERSATION_ID: conversation.id,
        semconv.USER_ID: conversation.user_id,
        semconv.GEN_AI_INPUT_MESSAGES: messages_json((said("user", turn.ask),)),
    }
    if turn.failure is None:
        attributes[semconv.GEN_AI_OUTPUT_MESSAGES] = messages_json((said("assistant", turn.answer, "stop"),))
    return Sketch(
        f"{operation.INVOKE_AGENT} {agent}", SpanKind.INTERNAL, turn.started_ns, turn.ended_ns, attributes, turn.failure
    )


def child(conversation: Conversation, step: Step) -> Sketch:
    """The span of one step."""
    match step:
        case ModelCall():
            name, kind, attributes = (
                f"{operation.CHAT} {step.request.model.name}",
                SpanKind.CLIENT,
                _chat(conversation, step),
            )
        case ToolRun():
            name, kind, attributes = f"{operation.EXECUTE_TOOL} {step.name}", SpanKind.INTERNAL, _tool(step)
        case Retrieval():
            source = shop().setting.data_source
            name, kind, attributes = f"{operation.RETRIEVAL} {source}", SpanKind.CLIENT, _retrieval(step)
        case _:
            raise TypeError(f"{type(step).__name__} has no span")
    return Sketch(name, kind, step.started_ns, step.ended_ns, attributes, step.failure)


def messages_json(messages: tuple[Message, ...]) -> str:
    """Messages as clients send them."""
    return json.dumps([_message(message) for message in messages], ensure_ascii=False)


def _retrieval(step: Retrieval) -> Attributes:
    found = [{"id": item.id, "score": item.score, "content": item.content} for item in step.documents]
    return {
        semconv.GEN_AI_OPERATION_NAME: operation.RETRIEVAL,
        semconv.GEN_AI_DATA_SOURCE_ID: shop().setting.data_source,
        semconv.GEN_AI_RETRIEVAL_QUERY_TEXT: step.query,
        semconv.GEN_AI_RETRIEVAL_DOCUMENTS: json.dumps(found, ensure_ascii=False),
    }


def _tool(step: ToolRun) -> Attributes:
    attributes: Attributes = {
        semconv.GEN_AI_OPERATION_NAME: operation.EXECUTE_TOOL,
        semconv.GEN_AI_TOOL_NAME: step.name,
        semconv.GEN_AI_TOOL_TYPE: "function",
        semconv.GEN_AI_TOOL_DESCRIPTION: shop().tools[step.name].description,
        semconv.GEN_AI_TOOL_CALL_ID: step.call_id,
        semconv.GEN_AI_TOOL_CALL_ARGUMENTS: step.arguments,
    }
    return {**attributes, semconv.GEN_AI_TOOL_CALL_RESULT: step.result} if step.result else attributes


def _chat(conversation: Conversation, call: ModelCall) -> Attributes:
    attributes: Attributes = {
        semconv.GEN_AI_OPERATION_NAME: operation.CHAT,
        semconv.GEN_AI_PROVIDER_NAME: call.request.model.provider,
        semconv.GEN_AI_CONVERSATION_ID: conversation.id,
        semconv.GEN_AI_REQUEST_MODEL: call.request.model.name,
        semconv.GEN_AI_REQUEST_MAX_TOKENS: call.max_tokens,
        semconv.GEN_AI_PROMPT_NAME: shop().setting.prompt_name,
        semconv.GEN_AI_PROMPT_VERSION: conversation.prompt_version,
        semconv.GEN_AI_SYSTEM_INSTRUCTIONS: json.dumps(
            [{"type": "text", "content": text} for text in call.request.system]
        ),
        semconv.GEN_AI_INPUT_MESSAGES: messages_json(call.request.messages),
    }
    if not call.request.model.reasons:
        attributes[semconv.GEN_AI_REQUEST_TEMPERATURE] = 0.3
    if call.request.tools:
        attributes[semconv.GEN_AI_TOOL_DEFINITIONS] = _definitions(call.request.tools)
    return {**attributes, **_reply(call, call.reply)} if call.reply else attributes


def _reply(call: ModelCall, reply: Message) -> Attributes:
    usage = call.usage
    attributes: Attributes = {
        semconv.GEN_AI_OUTPUT_MESSAGES: messages_json((reply,)),
        semconv.GEN_AI_RESPONSE_ID: call.response_id,
        semconv.GEN_AI_RESPONSE_MODEL: call.request.model.dated,
        semconv.GEN_AI_RESPONSE_FINISH_REASONS: (_FINISH[call.request.model.provider][reply.finish_reason],),
        semconv.GEN_AI_USAGE_INPUT_TOKENS: usage.input_tokens,
        semconv.GEN_AI_USAGE_OUTPUT_TOKENS: usage.output_tokens,
    }
    if usage.cached_tokens:
        attributes[semconv.GEN_AI_USAGE_CACHE_READ] = usage.cached_tokens
    if usage.reasoning_tokens:
        attributes[semconv.GEN_AI_USAGE_REASONING] = usage.reasoning_tokens
    if call.first_token_ns:
        attributes[semconv.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK] = call.first_token_ns / 1e9
    return attributes


@cache
def _definitions(tools: tuple[str, ...]) -> str:
    return f"[{', '.join(definition(name, shop().tools[name]) for name in tools)}]"


def _message(message: Message) -> dict[str, Any]:
    told = {"role": message.role, "parts": [_part(part) for part in message.parts]}
    return {**told, "finish_reason": message.finish_reason} if message.finish_reason else told


def _part(part: Part) -> dict[str, Any]:
    """Every key that the conventions ask for, also where it is empty."""
    match part.type:
        case "tool_call":
            return {"type": part.type, "id": part.id, "name": part.name, "arguments": part.arguments}
        case "tool_call_response":
            return {"type": part.type, "id": part.id, "response": part.response}
    return {"type": part.type, "content": part.content}
