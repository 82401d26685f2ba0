"""Agents' spans out of recorded conversations: every model call carries all that was said before it."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from backend.telemetry.message import Message, Part, dump, last_text, text_of
from backend.telemetry.span import Span

_BEGIN_NS: Final = 1_760_000_000 * 10**9


@dataclass(frozen=True, slots=True)
class Workload:
    """A kind of traffic.

    Attributes:
        files: of conversations.
        joined: how many conversations one session works through.
        traces: ``session``: a trace holds all calls of a session; ``turn``: each call of the model is its own.
    """

    name: str
    files: tuple[str, ...]
    joined: int = 1
    traces: str = "session"


WORKLOADS: Final = (
    Workload("agents with tools", ("asb_agents", "taubench_airline")),
    Workload("chat, a trace a turn", ("sgd_assistant", "hh_assistant"), traces="turn"),
    Workload("long sessions of agents", ("taubench_airline",), joined=6),
)


def spans_of(workload: Workload, folder: Path, most: int, at_once: int) -> list[Span]:
    """The spans in the order in which they end.

    Args:
        workload: what kind.
        folder: of the ``conversations_*.jsonl.gz``.
        most: sessions.
        at_once: how many run at the same time, so that the calls of one do not lie beside each other.
    """
    draw = random.Random(1)
    talks = [turns for name in workload.files for turns in _conversations(folder, name)]
    draw.shuffle(talks)
    groups = [talks[at : at + workload.joined] for at in range(0, len(talks), workload.joined)][:most]
    sessions = [[turn for turns in group for turn in turns] for group in groups]
    lanes = [_BEGIN_NS] * at_once
    found: list[Span] = []
    for number, turns in enumerate(sessions):
        lane = min(range(at_once), key=lanes.__getitem__)
        spans = list(_session(workload, number, turns, lanes[lane], draw))
        lanes[lane] = spans[-1].end_time if spans else lanes[lane]
        found.extend(spans)
    return sorted(found, key=lambda span: span.end_time)


def _conversations(folder: Path, name: str) -> Iterator[list[dict[str, Any]]]:
    with gzip.open(folder / f"conversations_{name}_dev.jsonl.gz", "rt") as lines:
        for line in lines:
            yield json.loads(line)["turns"]


def _session(
    workload: Workload, number: int, turns: list[dict[str, Any]], begin: int, draw: random.Random
) -> Iterator[Span]:
    trace_id, before, now = f"{draw.getrandbits(128):032x}", list[Message](), begin
    for turn in turns:
        message = _message(turn)
        if turn["role"] == "user" and workload.traces == "turn":
            trace_id = f"{draw.getrandbits(128):032x}"
        if turn["role"] in {"assistant", "tool"}:
            took = int(draw.lognormvariate(0, 1) * 2e9)
            yield _span(turn, message, before, f"conversation-{number}", trace_id, (now, now + took), draw)
            now += took
        now += int(draw.expovariate(1 / 20e9)) if turn["role"] == "user" else 10**7
        before.append(message)


def _span(
    turn: dict[str, Any],
    message: Message,
    before: list[Message],
    conversation_id: str,
    trace_id: str,
    times: tuple[int, int],
    draw: random.Random,
) -> Span:
    same: dict[str, Any] = {
        "trace_id": trace_id, "span_id": f"{draw.getrandbits(64):016x}", "conversation_id": conversation_id,
        "start_time": times[0], "end_time": times[1], "service_name": "assistant", "vocabulary": "otel_genai",
        "protocol": "otlp_http", "resource_attributes": {"telemetry.sdk.language": "python"},
    }  # fmt: skip
    if turn["role"] == "tool":
        return Span(
            **same, name=f"execute_tool {turn.get('name') or ''}", operation="execute_tool",
            tool_name=str(turn.get("name") or ""), tool_result=turn["content"] or "", output_text=turn["content"] or "",
        )  # fmt: skip
    return Span(
        **same, name="chat gpt-4o", operation="chat", provider="openai", request_model="gpt-4o",
        response_model="gpt-4o-2024-08-06", input_messages=dump(before), output_messages=dump([message]),
        input_text=last_text(before, "user"), output_text=text_of(message), finish_reasons=("stop",),
        uncached_input_tokens=sum(len(one.parts[0].content) for one in before if one.parts) // 4,
        visible_output_tokens=draw.randrange(20, 400), cost_usd=draw.random() / 50,
    )  # fmt: skip


def _message(turn: dict[str, Any]) -> Message:
    parts = [Part(type="text", content=turn["content"])] if turn.get("content") and turn["role"] != "tool" else []
    for call in turn.get("tool_calls") or ():
        told = {"name": call["name"], "arguments": call["arguments"]}
        parts.append(Part(type="tool_call", id=str(call.get("id") or ""), **told))
    if turn["role"] == "tool":
        parts.append(
            Part(type="tool_call_response", id=str(turn.get("tool_call_id") or ""), response=turn.get("content"))
        )
    return Message(role=turn["role"], parts=tuple(parts))
