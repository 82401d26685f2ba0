"""Lays the steps of an agent end to end: searches, calls of models and tools, with their times and tokens."""

from __future__ import annotations

import json
from random import Random
from typing import Final

from backend.telemetry.message import Document, Message, Part, text_of
from ingest.sample.facts import Facts
from ingest.sample.grammar import fill
from ingest.sample.llms import SECOND, Model, Usage, count_tokens, first_token_ns, measure, writing_ns
from ingest.sample.outline import digest
from ingest.sample.script import ModelCall, Request, Retrieval, Step, ToolRun
from ingest.sample.texts import Failure, Shop, Tool

MAX_TOKENS: Final = 600
_MILLISECOND: Final = 1_000_000
_MESSAGE_TOKENS: Final = 4  # what role and separators of a message cost
_HOUSE_RULES_TOKENS: Final = 1_100  # examples before the prompt, the same in every call and not sent to us
_STALL_S: Final = {"timeout": 30.0, "503": 1.1, "429": 0.25, "500": 0.9}


class Bench:
    """One turn in the making; each method adds a step after the last one.

    Args:
        shop: for tools and their descriptions.
        key: of the turn; ids derive from it.
        now_ns: when the customer's message came.
        dice: for times.
    """

    def __init__(self, shop: Shop, key: str, now_ns: int, dice: Random) -> None:
        self._shop = shop
        self._key = key
        self._dice = dice
        self._sent_tokens = 0  # by the last call of this turn
        self.now_ns = now_ns + dice.randint(4, 20) * _MILLISECOND
        self.steps: list[Step] = []

    def retrieve(self, query: str, documents: tuple[Document, ...]) -> None:
        """Search the knowledge base."""
        started = self._pass(self._dice.lognormvariate(-2.2, 0.4))
        self.steps.append(Retrieval(started_ns=started, ended_ns=self.now_ns, query=query, documents=documents))
        self._pause()

    def call(self, request: Request, reply: Message) -> None:
        """Call a model that answers."""
        model = request.model
        shared = max(self._sent_tokens, _HOUSE_RULES_TOKENS + count_tokens(request.system[0]))
        usage = measure(model, self._input_tokens(request), shared, _written(reply), self._dice)
        self._sent_tokens = usage.input_tokens
        first_token = first_token_ns(model, usage, self._dice)
        started = self._pass((first_token + writing_ns(model, usage, self._dice)) / SECOND)
        self.steps.append(
            ModelCall(
                started_ns=started,
                ended_ns=self.now_ns,
                request=request,
                reply=reply,
                usage=usage,
                response_id=model.answer_prefix + self._id("answer", 24),
                first_token_ns=first_token if usage.output_tokens else 0,
                max_tokens=usage.output_tokens if reply.finish_reason == "length" else MAX_TOKENS,
            )
        )
        self._pause()

    def call_in_vain(self, request: Request, failure: Failure) -> None:
        """Call a model that fails, and wait a little before it is tried again."""
        started = self._pass(_STALL_S[failure.error_type] * self._dice.uniform(0.9, 1.1))
        self.steps.append(
            ModelCall(
                started_ns=started,
                ended_ns=self.now_ns,
                failure=failure,
                request=request,
                reply=None,
                usage=Usage(0, 0, 0, 0),
                response_id="",
                first_token_ns=0,
                max_tokens=MAX_TOKENS,
            )
        )
        self._pass(self._dice.uniform(0.4, 1.6))

    def use_tool(self, name: str, call_id: str, facts: Facts, failure: Failure | None = None) -> str:
        """Run a tool and return its result as JSON; empty where it failed."""
        tool = self._shop.tools[name]
        result = "" if failure else json.dumps({key: fill(text, facts) for key, text in tool.result.items()})
        waits = failure is not None and failure.error_type == "timeout"
        started = self._pass(5.0 if waits else self._dice.lognormvariate(-2.0, 0.6))
        self.steps.append(
            ToolRun(
                started_ns=started,
                ended_ns=self.now_ns,
                failure=failure,
                name=name,
                call_id=call_id,
                arguments=arguments(tool, facts),
                result=result,
            )
        )
        self._pause()
        return result

    def call_id(self, model: Model) -> str:
        """Id for the next tool call."""
        return model.call_prefix + self._id("call", 20)

    def _input_tokens(self, request: Request) -> int:
        said = sum(count_tokens(_written(message)) + _MESSAGE_TOKENS for message in request.messages)
        offered = sum(count_tokens(definition(name, self._shop.tools[name])) for name in request.tools)
        return _HOUSE_RULES_TOKENS + sum(map(count_tokens, request.system)) + said + offered

    def _id(self, what: str, length: int) -> str:
        return digest(self._key, what, str(len(self.steps)))[:length]

    def _pass(self, seconds: float) -> int:
        started = self.now_ns
        self.now_ns += round(seconds * SECOND)
        return started

    def _pause(self) -> None:
        self.now_ns += self._dice.randint(1, 9) * _MILLISECOND


def arguments(tool: Tool, facts: Facts) -> str:
    """Arguments of a call as JSON, each in the type the tool asks for."""
    cast = {"string": str, "number": float, "integer": int}
    return json.dumps({key: cast[tool.parameters[key]](fill(text, facts)) for key, text in tool.arguments.items()})


def definition(name: str, tool: Tool) -> str:
    """How a tool is offered to a model, as JSON."""
    properties = {key: {"type": kind} for key, kind in tool.parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(tool.parameters)}
    return json.dumps({"type": "function", "name": name, "description": tool.description, "parameters": schema})


def said(role: str, text: str, finish_reason: str = "") -> Message:
    """A message of one text."""
    return Message(role=role, parts=(Part(type="text", content=text),), finish_reason=finish_reason)


def asked_tool(name: str, call_id: str, tool_arguments: str) -> Message:
    """The message in which a model asks for a tool."""
    part = Part(type="tool_call", id=call_id, name=name, arguments=json.loads(tool_arguments))
    return Message(role="assistant", parts=(part,), finish_reason="tool_call")


def told_by_tool(call_id: str, result: str) -> Message:
    """The message that brings a tool's result back to the model."""
    response = json.loads(result) if result else {"error": "the tool did not answer"}
    return Message(role="tool", parts=(Part(type="tool_call_response", id=call_id, response=response),))


def _written(message: Message) -> str:
    """Everything of a message that costs tokens."""
    calls = [json.dumps(part.arguments or part.response) + part.name for part in message.parts if part.type != "text"]
    return text_of(message) + "".join(calls)
