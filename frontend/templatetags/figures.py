"""Numbers as people read them: short, with unit, the same everywhere."""

from __future__ import annotations

import math
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backend.sensitive.tokens import KIND_WORDS

register = template.Library()

NIL = "–"
SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def number(value: Any) -> float | None:
    """Read a figure; None for what is none: None, text, NaN, infinity."""
    try:
        figure = float(value)
    except (TypeError, ValueError):
        return None
    return figure if math.isfinite(figure) else None


def digits(figure: float, places: int) -> str:
    """Print with at most ``places`` decimals and no trailing zeros after the point."""
    text = f"{figure:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def compact(value: Any) -> str:
    """Shorten a count: 950, 1.2k, 3.4M.

    >>> compact(1234), compact(999_950), compact(12), compact(None)
    ('1.2k', '1M', '12', '–')
    """
    figure = number(value)
    if figure is None:
        return NIL
    for size, sign in SIZES:
        if abs(figure) >= size * 0.9995:
            scaled = figure / size
            return digits(scaled, 1 if abs(scaled) < 99.95 else 0) + sign
    return digits(figure, 0 if abs(figure) >= 100 or figure == int(figure) else 1 if abs(figure) >= 10 else 2)


tokens = register.filter("tokens", compact)


@register.filter
def grouped(value: Any) -> str:
    """Print a count in full with separators: 12,345."""
    figure = number(value)
    return NIL if figure is None else digits(figure, 0)


@register.filter
def duration(duration_ms: Any) -> str:
    """Print milliseconds in the unit that reads best.

    >>> duration(0.4), duration(840), duration(1234), duration(75_000), duration(7_500_000)
    ('0.4 ms', '840 ms', '1.23 s', '1 min 15 s', '2 h 5 min')
    """
    ms = number(duration_ms)
    if ms is None:
        return NIL
    if abs(ms) < 999.5:
        return f"{digits(ms, 0 if abs(ms) >= 9.95 else 1)} ms"
    seconds = ms / 1000
    if abs(seconds) < 59.95:
        return f"{seconds:.2f} s" if abs(seconds) < 9.995 else f"{seconds:.1f} s"
    return _two_units(round(seconds))


def _two_units(seconds: int) -> str:
    """Print whole seconds with the two largest units."""
    for size, name, below, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            whole, rest = divmod(seconds, size)
            return f"{whole} {name} {rest // below} {small}" if rest // below else f"{whole} {name}"
    return f"{seconds} s"


@register.filter
def usd(cost_usd: Any) -> str:
    """Print a cost; small ones keep two digits that count, nothing is shown as free that is not.

    >>> usd(12345.6), usd(3.456), usd(0.0123), usd(0.0000004), usd(0), usd(None)
    ('$12,346', '$3.46', '$0.012', '<$0.00001', '$0', 'unpriced')
    """
    cost = number(cost_usd)
    if cost is None:
        return "unpriced"
    sign, cost = ("−" if cost < 0 else ""), abs(cost)
    if cost == 0:
        return "$0"
    if cost < 0.00001:
        return f"{sign}<$0.00001"
    if cost >= 999.5:
        return f"{sign}${cost:,.0f}"
    if cost >= 0.995:
        return f"{sign}${cost:.2f}"
    return f"{sign}${cost:.{1 - math.floor(math.log10(cost))}f}"


@register.filter
def price(usd_per_million: Any) -> str:
    """Print what a million tokens cost, with all its digits and at least cents.

    >>> price(2.5), price(0.0375), price(1000), price(0), price(None)
    ('$2.50', '$0.0375', '$1,000.00', '$0.00', '–')
    """
    figure = number(usd_per_million)
    if figure is None:
        return NIL
    whole, _, cents = digits(figure, 9).partition(".")
    return f"${whole}.{cents:0<2}"


@register.filter
def percent(share: Any, places: int | str = "") -> str:
    """Print a share between 0 and 1 as a percentage.

    >>> percent(0.1234), percent(0.004), percent(0.00001), percent(1), percent(0.9999)
    ('12.3%', '0.4%', '<0.1%', '100%', '>99.9%')
    """
    figure = number(share)
    if figure is None:
        return NIL
    if places != "":
        return f"{100 * figure:.{int(places)}f}%"
    if 0 < figure < 0.0005:
        return "<0.1%"
    if 0.9995 <= figure < 1:
        return ">99.9%"
    return f"{digits(100 * figure, 1)}%"


@register.simple_tag
def percent_interval(value: Any, low: Any, high: Any) -> str:
    """Print a share with its interval: 12.3% (10.1–14.8%)."""
    if number(value) is None:
        return NIL
    if number(low) is None or number(high) is None:
        return percent(value)
    return f"{percent(value)} ({percent_range(low, high)})"


@register.simple_tag
def percent_range(low: Any, high: Any) -> str:
    """Print an interval of shares: 10.1–14.8%."""
    if number(low) is None or number(high) is None:
        return ""
    return f"{percent(low).rstrip('%')}–{percent(high)}"


@register.simple_tag
def per_1000(share: Any) -> SafeString | str:
    """Print an estimated share as a count in a thousand with its interval below: 1.2, 0.4–3.5 · n 1,000."""
    value, low, high = (number(getattr(share, name, None)) for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return NIL
    return format_html(
        '{}<span class="line-2">{}–{} · n {}</span>',
        digits(1000 * value, 1),
        digits(1000 * low, 1),
        digits(1000 * high, 1),
        grouped(share.n),
    )


@register.filter
def filesize(size_bytes: Any) -> str:
    """Print bytes in binary units.

    >>> filesize(512), filesize(1536), filesize(13_000_000)
    ('512 B', '1.5 KiB', '12.4 MiB')
    """
    size = number(size_bytes)
    if size is None:
        return NIL
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(size) < 1023.95 or unit == "GiB":
            break
        size /= 1024
    return f"{digits(size, 0 if unit == 'B' or abs(size) >= 99.95 else 1)} {unit}"


@register.filter
def counted(count: Any, words: str) -> str:
    """Print a count with its noun; ``words`` is "trace,traces".

    >>> counted(1, "trace,traces"), counted(12_345, "trace,traces"), counted(0, "reply,replies")
    ('1 trace', '12,345 traces', '0 replies')
    """
    one, _, many = words.partition(",")
    return f"{grouped(count)} {one if number(count) == 1 else many or one + 's'}"


@register.filter
def score(value: Any) -> str:
    """Print a score or similarity with two decimals."""
    figure = number(value)
    return NIL if figure is None else f"{figure:.2f}"


@register.filter
def masked_words(masked: dict[str, int]) -> str:
    """Print what was masked, by kind.

    >>> masked_words({"EMAIL": 3, "API_KEY": 1})
    '3 e-mail addresses and 1 API key were'
    >>> masked_words({"CUSTOMER": 1})
    '1 CUSTOMER was'
    """
    parts = [counted(count, KIND_WORDS.get(word, f"{word},{word}")) for word, count in masked.items()]
    text = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"{text} {'was' if sum(masked.values()) == 1 else 'were'}"
