"""What real clients sent beside what of it is stored: every text, number and truth of a body, one by one.

``python -m tests.ingest.losses`` prints how many there are and which of them are stored nowhere.
"""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from backend.telemetry.span import Span
from ingest import steps
from ingest.imports.forms.langfuse import LangfuseExport
from ingest.mapping.draft import table
from ingest.mapping.values import from_json, mended_text
from tests.ingest.otlp.clients import CLIENTS
from tests.ingest.otlp.clients import SENT as OTLP
from tests.ingest.wire.captured import FOLDER as WIRE
from tests.ingest.wire.captured import outcome, requests, spans_of

APIS: Final = tuple(sorted(path.name.removesuffix(".json.gz") for path in WIRE.glob("*.json.gz")))
EXPORTS: Final = Path(__file__).parent / "imports" / "payloads" / "langfuse_frameworks.jsonl.gz"
"""Traces of twenty frameworks as Langfuse exports them, from its repository (MIT)."""

_VECTOR: Final = 8
# Words that tell only what form a message, a response or an object has, which ours has too.
_FORMS: Final = re.compile(r"(^|\.)(type|object|lc|index|role|gen_ai\.message\.index)$")
_WORDS: Final = frozenset({
    "function", "function_call", "image_url", "output_text", "message", "constructor", "list", "chat.completion",
    "response", "ChatGeneration", "LLMResult", "text", "human", "ai", "system", "tool", "user", "assistant",
})  # fmt: skip
# What of other products' own words becomes a field of another form: names, kinds, times, counts, costs; LiteLLM's price
# table is left out. Durations, levels and truths about failure become the span's end and status.
_FIELDS: Final = re.compile(
    r"(^|[.\]])(\w*usage\w*|\w+_tokens|\w*[cC]ost\w*|\w+_time|\w+Time|\w+_at|\w+At|time|timestamp|dotted_order|run_type"
    r"|model_map_information|call_type|level|event|uuid|api_key|\$ai_latency|\$ai_is_error|\$ai_\w+_tokens|latency)($|[.\[])"
)
_KINDS: Final = re.compile(r"^(type|object|span_data\.type)$")
# Attributes whose value becomes another: an operation, a number, a list, a moment.
_CONVERTED: Final = frozenset({
    "operation", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
    "audio_input", "audio_output", "usage_counts", "client_cost_usd", "time_to_first_token_ms", "first_token_time",
    "tags", "level", "streamed", "provider", "vectors",
})  # fmt: skip


@dataclass
class Losses:
    """What was sent, and what of it is stored nowhere.

    Attributes:
        sent: how many leaves of bodies were looked for.
        lost: those that were not found, as (where, value).
    """

    sent: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)

    def look(self, told: Any, spans: list[Span], *, form: str = "") -> None:
        """Look for each leaf of what was told of one step in the rows of that step."""
        found = _stored(spans)
        for where, value in _leaves(told):
            if form and (_FIELDS.search(where) or _KINDS.search(where)):
                continue
            if not value.strip() or (_FORMS.search(where) and (value in _WORDS or value.isdecimal())):
                continue
            self.sent += 1
            if not found.has(value):
                self.lost.append((where, value))


@dataclass(frozen=True)
class _Found:
    leaves: frozenset[str]
    whole: str

    def has(self, value: str) -> bool:
        value = mended_text(value.partition(";base64,")[2] or value)
        if value in self.leaves:
            return True
        return not _is_number(value) and (value in self.whole or value.strip() in self.whole)


def _is_number(value: str) -> bool:
    return value in {"true", "false"} or bool(re.fullmatch(r"-?[0-9.e+-]+", value))


def _stored(spans: list[Span]) -> _Found:
    fields = [msgspec.structs.asdict(span) for span in spans]
    leaves = frozenset(value for _, value in _leaves(fields))
    return _Found(leaves, "\0".join(leaves))


def _leaves(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Texts, numbers and truths of a value, also of JSON within its texts, each with the names that lead to it."""
    if isinstance(value, str):
        inner = _opened(value)
        if inner is None:
            yield where, value
        else:
            yield from _leaves(inner, where)
    elif isinstance(value, dict):
        is_object = value.get("lc") == 1 and isinstance(value.get("id"), list)  # LangChain's, with its class
        for name, item in value.items():
            if not (is_object and name in {"lc", "type", "id"}):
                yield from _leaves(item, f"{where}.{name}" if where else name)
    elif isinstance(value, list | tuple):
        if len(value) < _VECTOR or not all(type(item) in {int, float} for item in value):
            for item in value:
                yield from _leaves(item, f"{where}[]")
    elif isinstance(value, bool):
        yield where, "true" if value else "false"
    elif isinstance(value, int | float) and not (isinstance(value, float) and math.isnan(value)):
        yield where, repr(value)


def _opened(text: str) -> Any:
    if text[:1] not in {"{", "[", '"'}:
        return None
    try:
        inner = from_json(text)
    except ValueError:
        return None
    return inner if inner != text and isinstance(inner, dict | list | str) else None


def of_otlp(client: str) -> Losses:
    """Attributes of spans and of their events."""
    stored: dict[tuple[str, str], Span] = {(s.trace_id, s.span_id): s for s in outcome(client, OTLP).spans}
    losses = Losses()
    for request in requests(client, OTLP):
        if not request.path.endswith("/v1/traces"):
            continue
        for name, attributes, events in _told(request.body, request.content_type):
            if name in stored:
                kept = {key: value for key, value in attributes.items() if not _is_converted(key)}
                losses.look([kept, events], [stored[name]])
    return losses


def _is_converted(name: str) -> bool:
    rule = table().rules.get(name)
    return (rule is not None and rule.slot in _CONVERTED) or name.endswith((".vector", "function.args"))


def _told(body: bytes, content_type: str) -> Iterator[tuple[tuple[str, str], dict[str, Any], list[Any]]]:
    """Spans of a request, read without the product: ids, attributes, attributes of events."""
    is_json = content_type.startswith("application/json")
    told = json.loads(body) if is_json else MessageToDict(ExportTraceServiceRequest.FromString(body))
    for resource in told.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                ids = (span["traceId"], span["spanId"])
                name = ids if is_json else tuple(_hex(one) for one in ids)
                events = [_pairs(event.get("attributes")) for event in span.get("events", ())]
                yield (name[0], name[1]), _pairs(span.get("attributes")), events


def _hex(text: str) -> str:
    return msgspec.convert(text, bytes).hex()


def _pairs(attributes: list[dict[str, Any]] | None) -> dict[str, Any]:
    return {pair["key"]: _value(pair.get("value", {})) for pair in attributes or ()}


def _value(value: dict[str, Any]) -> Any:
    if "arrayValue" in value:
        return [_value(one) for one in value["arrayValue"].get("values", ())]
    if "kvlistValue" in value:
        return _pairs(value["kvlistValue"].get("values"))
    if "intValue" in value:
        return int(value["intValue"])
    return next(iter(value.values()), None)


def of_api(client: str) -> Losses:
    """Records of a wire API, each beside the spans that it names."""
    found = outcome(client)
    losses = Losses()
    for part in found.parts:
        if part.api not in {"timeless", "mlflow"}:
            rows = [span for span in found.spans if span.span_id == part.item_id]
            if rows:
                losses.look(from_json(part.body), rows, form=part.api)
    for request in requests(client):
        for record in _records(request.body):
            names = {value for _, value in _leaves(record)}
            rows = [span for span in found.spans if span.span_id in names]
            if rows:
                losses.look(record, rows, form="record")
    return losses


def _records(body: bytes) -> list[dict[str, Any]]:
    """Calls of LiteLLM, spans of OpenAI's Agents, events of PostHog; other bodies become parts."""
    try:
        told = from_json(body)
    except ValueError:
        return []
    if isinstance(told, dict) and isinstance(told.get("batch"), list) and "api_key" in told:
        return [event for event in told["batch"] if event["event"] in {"$ai_generation", "$ai_span", "$ai_trace"}]
    if isinstance(told, dict) and isinstance(told.get("data"), list):
        return [item for item in told["data"] if item.get("object") == "trace.span"]
    return [item for item in told if "call_type" in item] if isinstance(told, list) else []


@cache
def exports() -> dict[str, dict[str, Any]]:
    """Exported traces of Langfuse by framework."""
    lines = gzip.decompress(EXPORTS.read_bytes()).splitlines()
    return {told["framework"]: told["trace"] for told in map(json.loads, lines)}


def spans_of_export(framework: str) -> list[Span]:
    """What the importer makes of an exported trace."""
    record = json.dumps(exports()[framework]).encode()
    return steps.run(spans_of(LangfuseExport().decoded(record).parts))[0]


def of_export(framework: str) -> Losses:
    """What a trace and its observations say, beside the span that each becomes."""
    stored = {span.span_id: span for span in spans_of_export(framework)}
    told = exports()[framework]
    losses = Losses()
    for item in [told["trace"], *told["observations"]]:
        said = {name: item.get(name) for name in _EXPORTED}
        losses.look(said, [stored[item["id"]]], form="export")
    return losses


_EXPORTED: Final = ("name", "input", "output", "metadata", "modelParameters", "statusMessage", "version", "tags",
                    "toolDefinitions", "toolCalls", "model", "sessionId", "userId")  # fmt: skip

if __name__ == "__main__":
    for kind, look, all_of in (
        ("OTLP", of_otlp, CLIENTS),
        ("APIs", of_api, APIS),
        ("exports", of_export, tuple(exports())),
    ):
        every = [look(name) for name in all_of]
        print(f"{kind}: {len(every)} clients, {sum(one.sent for one in every):,} values, lost:")
        for name, one in zip(all_of, every, strict=True):
            for where, value in one.lost:
                print(f"  {name} {where}: {value[:80]!r}")
