"""The price table, read once: which price held for a model on a day."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from backend.prices.patterns import compiled
from backend.telemetry.span import Span

FILE: Final = Path(__file__).parent / "prices.toml"

# Gateways and clouds write a vendor, a region or a folder before the model's own name.
_PREFIX = re.compile(r"^(?:.*/)?(?:(?:us|eu|apac|jp|au|global)\.)?(?:(?:anthropic|meta|mistral|cohere|amazon)\.)?")
_NS_A_DAY = 24 * 3600 * 10**9
_FIRST_DAY = date(1970, 1, 1).toordinal()


class Price(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from"}, forbid_unknown_fields=True):
    """What one model costs from a day on, in USD per million tokens.

    Attributes:
        model: regular expression for the whole name, in lower case and without its vendor's prefix; a project's own is
            RE2's, whatever the case.
        since: first day it holds, until a later entry for the same model.
        input: of text that is in no cache.
        output: of text and of reasoning.
        cached_input: of what was read from a cache; as ``input`` where the vendor makes no difference.
        cache_write: of what was written to a cache; as ``input`` where the vendor makes no difference.
        cache_write_hour: of what was written to a cache for an hour; as ``cache_write`` where that makes no difference.
        audio_input: None where audio has no known price: then a call with audio is unpriced.
        audio_output: as ``audio_input``.
        provider: regular expression; empty where the model's name alone tells whose it is.
        source: the vendor's public page.
        checked: day on which the figures were known to hold.
    """

    model: str
    since: date
    input: float
    output: float
    cached_input: float | None = None
    cache_write: float | None = None
    cache_write_hour: float | None = None
    audio_input: float | None = None
    audio_output: float | None = None
    provider: str = ""
    source: str
    checked: date


class OwnTable(tuple[Price, ...]):
    """Prices of one project, the latest first, that know their hash: each span asks for it (200 prices: 42 us)."""

    @cached_property
    def _hash(self) -> int:
        return tuple.__hash__(self)

    def __hash__(self) -> int:
        return self._hash


NONE: Final = OwnTable()


@cache
def prices() -> tuple[Price, ...]:
    """All entries of the table, the latest first."""
    entries = msgspec.convert(tomllib.loads(FILE.read_text())["price"], list[Price])
    return tuple(sorted(entries, key=lambda entry: entry.since, reverse=True))


def bare(model: str) -> str:
    """A model's name in lower case and without what gateways and clouds write before it."""
    return _PREFIX.sub("", model.lower())


def price_on(provider: str, model: str, day: date) -> Price | None:
    """The price of a model on a day, or None where the table has none."""
    name = bare(model)
    for entry in prices():
        if (
            entry.since <= day
            and re.fullmatch(entry.model, name)
            and (not entry.provider or re.fullmatch(entry.provider, provider.lower()))
        ):
            return entry
    return None


def own_price_on(own: Sequence[Price], model: str, day: date) -> Price | None:
    """The price that a project set for a model, its latest that holds on the day; None where it set none.

    The pattern may mean the name as the client sends it, or without a gateway's prefix.
    """
    names = {model.lower(), bare(model)}
    for entry in own:
        if entry.since <= day and any(compiled(entry.model).fullmatch(name) for name in names):
            return entry
    return None


def cost_usd(span: Span, own: Sequence[Price] = ()) -> float | None:
    """Buckets times price; None where the model has no price or the client sent no token counts.

    A call that failed and counts no tokens cost nothing.

    Args:
        span: a call of a model.
        own: prices that its project set, the latest first; they come before the list.
    """
    if not _tokens(span):
        return 0.0 if span.status == "error" else None
    table = own if isinstance(own, OwnTable) else OwnTable(own)
    price = price_of(span.provider, span.response_model, span.request_model, span.start_time // _NS_A_DAY, table)
    return None if price is None else _product(span, price)


@lru_cache(4096)
def price_of(
    provider: str, response_model: str, request_model: str, day_number: int, own: OwnTable = NONE
) -> Price | None:
    """The price of a call: of the model that answered, else of the one that was asked for; the project's own first.

    Args:
        provider: as the client names it.
        response_model: empty where no model answered.
        request_model: empty where none is known.
        day_number: days since 1970.
        own: prices that the project set.
    """
    day = date.fromordinal(_FIRST_DAY + day_number)
    names = [name for name in (response_model, request_model) if name]
    found = (own_price_on(own, name, day) for name in names) if own else iter(())
    return next(filter(None, [*found, *(price_on(provider, name, day) for name in names)]), None)


def _tokens(span: Span) -> int:
    return (
        span.uncached_input_tokens
        + span.cached_input_tokens
        + span.cache_write_input_tokens
        + span.audio_input_tokens
        + span.visible_output_tokens
        + span.reasoning_output_tokens
        + span.audio_output_tokens
    )


def _product(span: Span, price: Price) -> float | None:
    if (span.audio_input_tokens and price.audio_input is None) or (
        span.audio_output_tokens and price.audio_output is None
    ):
        return None
    cached = price.input if price.cached_input is None else price.cached_input
    written = price.input if price.cache_write is None else price.cache_write
    for_hour = written if price.cache_write_hour is None else price.cache_write_hour
    millionths = (
        span.uncached_input_tokens * price.input
        + span.cached_input_tokens * cached
        + (span.cache_write_input_tokens - span.hour_cache_write_input_tokens) * written
        + span.hour_cache_write_input_tokens * for_hour
        + span.audio_input_tokens * (price.audio_input or 0.0)
        + (span.visible_output_tokens + span.reasoning_output_tokens) * price.output
        + span.audio_output_tokens * (price.audio_output or 0.0)
    )
    return round(millionths / 1_000_000, 12)
