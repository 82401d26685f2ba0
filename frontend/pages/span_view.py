"""One span as the detail pane shows it: messages as chat, what failed first, tokens with their price, all the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from analytics.questions.spans import SpanDetail
from backend.telemetry import semconv
from backend.telemetry.message import Document, load_documents
from backend.telemetry.stored import stored_value
from frontend.pages.message_view import bubbles, elsewhere, piece
from frontend.pages.whole_text import LONGEST, Place
from frontend.templatetags.figures import grouped, usd
from ingest.prices.table import Price, price_on

RAW_LONGEST: Final = 400_000
"""Most characters of raw JSON on a page; the file has all of it."""
MOST_CARDS: Final = 200
"""Documents of one span that a page shows."""
KEPT: Final = 2
"""Messages of the input that are shown at once, counted from the last; the earlier ones fold."""
_LEFT_OUT: Final = " … [cut: "
JSON_FIELDS: Final = ("input_messages", "output_messages", "documents", "tool_definitions", "events", "links")


@dataclass(frozen=True, slots=True)
class Card:
    """A retrieved document, ready to be printed."""

    rank: int
    title: str
    text: str
    left: int
    score: float | None
    source: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception that a span tells of."""

    type: str
    message: str
    stack: str
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens of one kind and what they cost; prices are in USD per million, None where unknown."""

    label: str
    tokens: int
    price: float | None
    cost_usd: float | None


def cards(stored: str, longest: int = 2000, place: Place | None = None) -> list[Card]:
    """Retrieved documents in the order of their rank, ``MOST_CARDS`` at most."""
    try:
        found = load_documents(stored)
    except msgspec.MsgspecError:
        return []
    return [
        _card(rank, document, longest, place.href("documents", str(rank - 1)) if place else "")
        for rank, document in enumerate(found[:MOST_CARDS], start=1)
    ]


def span_context(span: SpanDetail, place: Place) -> dict[str, Any]:
    """Everything the detail pane prints.

    Args:
        span: as it is stored.
        place: whose texts these are.
    """
    asked = bubbles(span.input_messages, "input_messages", place)
    answered = bubbles(span.output_messages, "output_messages", place)
    raw = as_json([shortened(span)])
    events = _listed(span.events)
    price = price_of(span)
    buckets = priced_buckets(span, price)
    return {
        "span": span,
        "earlier": asked[:-KEPT] if len(asked) > KEPT + 1 else [],
        "asked": asked[-KEPT:] if len(asked) > KEPT + 1 else asked,
        "answered": answered,
        "files": elsewhere(place.slug, _other_texts(span), [*asked, *answered]),
        "input": piece(span.input_text, href=place.href("input_text")) if not asked else None,
        "output": piece(span.output_text, href=place.href("output_text")) if not span.output_messages else None,
        "arguments": piece(span.tool_arguments, href=place.href("tool_arguments")),
        "result": piece(span.tool_result, href=place.href("tool_result")),
        "documents": cards(span.documents, place=place),
        "raised": raised(events),
        "events": [event for event in events if event.get("name") != semconv.EXCEPTION_EVENT],
        "links": _listed(span.links),
        "buckets": buckets,
        "price": price,
        "price_note": price_note(span, price, buckets),
        "facts": mapped(span),
        "attributes": _pairs(span.attributes, place),
        "resource": _pairs(span.resource_attributes),
        "raw": raw[:RAW_LONGEST],
        "raw_cut": len(raw) > RAW_LONGEST or raw.count(_LEFT_OUT) > 0,
    }


def mapped(span: SpanDetail) -> list[dict[str, Any]]:
    """The fields that are neither messages nor figures shown elsewhere; empty ones are left out."""
    facts = {
        "operation": span.operation,
        "kind": span.kind,
        "provider": span.provider,
        "request model": span.request_model,
        "response model": span.response_model,
        "response id": span.response_id,
        "agent": span.agent_name,
        "tool": span.tool_name,
        "tool call id": span.tool_call_id,
        "prompt": "@".join(part for part in (span.prompt_name, span.prompt_version) if part),
        "finish reasons": ", ".join(span.finish_reasons),
        "max tokens": grouped(span.max_tokens) if span.max_tokens else "",
        "error type": span.error_type,
        "started": f"{span.start_time:%Y-%m-%d %H:%M:%S.%f} UTC",
        "ended": f"{span.end_time:%Y-%m-%d %H:%M:%S.%f} UTC",
        "times mended": span.time_note,
        "conversation": span.conversation_id,
        "user": span.user_id,
        "environment": span.environment,
        "release": span.release,
        "service": span.service_name,
        "tags": ", ".join(span.tags),
        "span id": span.span_id,
        "parent span id": span.parent_span_id,
        "scope": " ".join(part for part in (span.scope_name, span.scope_version) if part),
        "read as": " by ".join(part for part in (span.vocabulary, span.protocol) if part),
        "stored": f"{span.stored_at:%Y-%m-%d %H:%M:%S} UTC",
    }
    return [{"label": label, "value": value} for label, value in facts.items() if value]


def raised(events: Iterable[dict[str, Any]]) -> list[Raised]:
    """The exceptions among the events."""
    found = []
    for event in events:
        said = event.get("attributes")
        if event.get("name") == semconv.EXCEPTION_EVENT and isinstance(said, dict):
            found.append(
                Raised(
                    str(said.get(semconv.EXCEPTION_TYPE, "")),
                    str(said.get(semconv.EXCEPTION_MESSAGE, ""))[:LONGEST],
                    str(said.get(semconv.EXCEPTION_STACKTRACE, ""))[:LONGEST],
                    _moment(event.get("time")),
                )
            )
    return found


def price_of(span: SpanDetail) -> Price | None:
    """What the table says the model costs on the day of the span."""
    day = span.start_time.date()
    found = price_on(span.provider, span.response_model, day) if span.response_model else None
    return found or (price_on(span.provider, span.request_model, day) if span.request_model else None)


def priced_buckets(span: SpanDetail, price: Price | None) -> list[Bucket]:
    """Tokens by kind, each counted once, with the price of its kind; kinds without tokens are left out."""
    prices: dict[str, float | None] = {}
    if price:
        prices = {
            "cached": price.input if price.cached_input is None else price.cached_input,
            "written": price.input if price.cache_write is None else price.cache_write,
            "input": price.input,
            "output": price.output,
            "heard": price.audio_input,
            "spoken": price.audio_output,
        }
    counts = (
        ("Input", span.uncached_input_tokens, prices.get("input")),
        ("Input from a cache", span.cached_input_tokens, prices.get("cached")),
        ("Input into a cache", span.cache_write_input_tokens, prices.get("written")),
        ("Audio input", span.audio_input_tokens, prices.get("heard")),
        ("Output", span.visible_output_tokens, prices.get("output")),
        ("Reasoning", span.reasoning_output_tokens, prices.get("output")),
        ("Audio output", span.audio_output_tokens, prices.get("spoken")),
    )
    return [
        Bucket(label, tokens, each, None if each is None else tokens * each / 1_000_000)
        for label, tokens, each in counts
        if tokens
    ]


def price_note(span: SpanDetail, price: Price | None, buckets: Sequence[Bucket]) -> str:
    """How the cost came about, in a sentence."""
    if span.cost_usd is None:
        model = span.response_model or span.request_model
        return f"There is no price for {model[:80]!r}: the cost is unknown, not nothing." if buckets and model else ""
    if price is None:
        return "It was priced when it was stored; the table of today has no price for this model."
    today = sum(bucket.cost_usd or 0.0 for bucket in buckets)
    note = f"Public price of {price.source} since {price.since:%d %b %Y}, checked {price.checked:%d %b %Y}."
    if abs(today - span.cost_usd) > max(1e-9, 0.001 * span.cost_usd):
        note += f" It was priced at {usd(span.cost_usd)} when it was stored; the table has changed since."
    return note


def as_json(spans: Sequence[SpanDetail]) -> str:
    """Spans as indented JSON; what is stored as JSON text stands as what it says."""
    return json.dumps([plain(span) for span in spans], ensure_ascii=False, indent=2, default=_simple)


def shortened(span: SpanDetail) -> SpanDetail:
    """A span whose texts are cut to what raw JSON on a page may hold; JSON that was cut stands as text."""
    cut = {item.name: _shorter(getattr(span, item.name)) for item in fields(SpanDetail)}
    return SpanDetail(**cut)


def _shorter(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shorter(one) for name, one in value.items()}
    if isinstance(value, str) and len(value) > RAW_LONGEST // 4:
        return f"{value[: RAW_LONGEST // 4]}{_LEFT_OUT}{len(value) - RAW_LONGEST // 4:,} characters more]"
    return value


def plain(span: SpanDetail) -> dict[str, Any]:
    """A span as JSON knows it."""
    values = asdict(span)
    if not values["left_out"]:
        del values["left_out"]
    return {**values, **{name: _parsed(values[name]) for name in JSON_FIELDS}}


def _other_texts(span: SpanDetail) -> Iterator[str]:
    """What may hold files beside messages."""
    yield from (span.input_text, span.output_text, span.tool_arguments, span.tool_result, span.documents, span.events)
    yield from span.attributes.values()


def _simple(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _parsed(text: str) -> Any:
    try:
        return stored_value(text) if text else []
    except msgspec.MsgspecError:
        return text


def _listed(text: str) -> list[dict[str, Any]]:
    found = _parsed(text)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _pairs(values: dict[str, str], place: Place | None = None) -> list[dict[str, Any]]:
    return [
        {
            "label": name,
            "value": value[:LONGEST],
            "left": max(0, len(value) - LONGEST),
            "href": place.href("attributes", name) if place and len(value) > LONGEST else "",
        }
        for name, value in sorted(values.items())
    ]


def _card(rank: int, document: Document, longest: int, href: str) -> Card:
    title = document.metadata.get("title") or document.id or document.content.strip().split("\n", 1)[0][:80]
    source = document.metadata.get("source") or (document.id if document.metadata.get("title") else "")
    return Card(
        rank,
        str(title or f"document {rank}"),
        document.content[:longest],
        max(0, len(document.content) - longest),
        document.score,
        str(source or ""),
        href,
    )


def _moment(nanos: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(nanos) / 1e9, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
