"""Text and values from traces, shown as text and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from analytics.scores.base import Score
from backend.registry import discover
from frontend.templatetags.ui import icon

register = template.Library()

MAX_NODES = 2000
MAX_DEPTH = 24
MAX_SIGNS = 200_000
MAX_LEAF = 20_000
MAX_PARSED = 2_000_000
OPEN_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text a detector points at; offsets count code points."""

    start: int
    end: int
    label: str = "flag"
    severity: str = ""
    key: str = ""

    @classmethod
    def of(cls, raw: Any) -> Mark:
        """Read a mark from a mapping, an object with the same names, or (start, end[, label])."""
        if isinstance(raw, cls):
            return raw
        if isinstance(raw, (tuple, list)):
            return cls(int(raw[0]), int(raw[1]), *(str(part) for part in raw[2:5]))
        return cls(
            int(_part(raw, "start") or 0),
            int(_part(raw, "end") or 0),
            str(_part(raw, "label") or "flag"),
            str(_part(raw, "severity") or ""),
            str(_part(raw, "key") or ""),
        )


def _part(raw: Any, name: str) -> Any:
    return raw.get(name) if isinstance(raw, Mapping) else getattr(raw, name, None)


# Control characters but tab and line breaks; signs that change how their neighbours are read (bidirectional controls,
# tags); surrogates, which cannot be encoded.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U0010ffff]"
)


def visible(text: str) -> str:
    """Make control characters visible and unpaired surrogates printable; keep tab and line breaks."""
    return _UNSEEN.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    sign = found[0]
    return chr(0x2400 + ord(sign)) if sign < " " else f"[U+{ord(sign):04X}]"


def cut(length: int, marks: Iterable[Any]) -> list[Mark]:
    """Clip marks to the text, drop empty ones and let the first of two that overlap keep the shared part."""
    kept: list[Mark] = []
    at = 0
    for mark in sorted((Mark.of(raw) for raw in marks), key=lambda mark: (mark.start, -mark.end)):
        start, end = max(mark.start, at), min(mark.end, length)
        if start < end:
            kept.append(Mark(start, end, mark.label, mark.severity, mark.key))
            at = end
    return kept


@cache
def _experimental() -> frozenset[str]:
    found = discover("analytics.scores", Score)  # type: ignore[type-abstract]  # none is made
    return frozenset(name for name, kind in found.items() if kind.experimental)


@register.filter
def is_experimental(name: str) -> bool:
    """Whether an analyser's score of this name was not held against labels, or fails on some."""
    return name in _experimental()


@register.filter
def mark_spans(text: Any, marks: Iterable[Any] | None = None) -> SafeString:
    """Escape hostile text and wrap the stretches that detectors point at in ``<mark>``.

    Args:
        text: what a client sent; printed as text whatever it holds.
        marks: mappings, objects or tuples with start, end (code points), label, severity and key; a key
            becomes the id ``mark-KEY`` so that a flag can link to its words.
    """
    raw = "" if text is None else str(text)
    parts: list[str] = []
    at = 0
    for mark in cut(len(raw), marks or ()):
        parts += [escape(visible(raw[at : mark.start])), _marked(raw[mark.start : mark.end], mark)]
        at = mark.end
    parts.append(escape(visible(raw[at:])))
    return mark_safe("".join(parts))  # noqa: S308  every part above is escaped


@register.simple_tag
def marked(text: Any, marks: Iterable[Any] | None = None) -> SafeString:
    """Do what ``mark_spans`` does where the marks may be missing."""
    return mark_spans(text, marks)


def _marked(text: str, mark: Mark) -> str:
    key = format_html(' id="mark-{}"', mark.key) if mark.key else ""
    return format_html(
        '<mark class="mark" data-severity="{}" title="{}"{}><span class="visually-hidden">[{}: </span>{}'
        '<span class="visually-hidden">]</span></mark>',
        mark.severity,
        mark.label,
        key,
        mark.label,
        visible(text),
    )


@register.simple_tag
def json_view(value: Any, opened: int = 2) -> SafeString:
    """Print a value as a tree that folds; text only, at most 2,000 nodes, 24 levels and 200,000 signs.

    Args:
        value: what ``json.loads`` gave, or a text that may hold JSON.
        opened: levels that stand open at first.
    """
    if isinstance(value, str):
        value = _parsed(value)
    budget = [MAX_NODES, MAX_SIGNS]
    return format_html('<div class="json">{}</div>', _node(value, 0, opened, budget))


def _parsed(text: str) -> Any:
    if text[:64].lstrip()[:1] not in ("{", "[") or len(text) > MAX_PARSED:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _node(value: Any, depth: int, opened: int, budget: list[int], key: SafeString | str = "") -> SafeString:
    """Print one value behind its key; branches recurse until the budget or the depth is spent."""
    budget[0] -= 1
    if not isinstance(value, (Mapping, list, tuple)):
        return format_html("{}{}", key, _leaf(value, budget))
    if not value or depth >= MAX_DEPTH or budget[0] <= 0:
        return format_html('{}<span class="size">{}</span>', key, _size(value))
    return format_html(
        '<details{}><summary>{}{}<span class="size">{}</span></summary><ul>{}</ul></details>',
        SafeString(" open") if depth < opened and len(value) <= OPEN_ITEMS else "",
        icon("chevron-right"),
        key,
        _size(value),
        SafeString("".join(_rows(value, depth, opened, budget))),
    )


def _rows(value: Any, depth: int, opened: int, budget: list[int]) -> Iterator[SafeString]:
    """Print the members of an object or array while the budget lasts."""
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for place, (key, item) in enumerate(pairs):
        if budget[0] <= 0:
            yield format_html('<li class="size">{} more not shown</li>', len(value) - place)
            return
        word = str(key)[:MAX_LEAF]
        budget[1] -= len(word)
        name = format_html('<span class="key">{}</span>: ', visible(word))
        yield format_html("<li>{}</li>", _node(item, depth + 1, opened, budget, name))


def _size(value: Any) -> str:
    if not value:
        return "{}" if isinstance(value, Mapping) else "[]"
    if isinstance(value, Mapping):
        return f"{{ {len(value)} {'key' if len(value) == 1 else 'keys'} }}"
    return f"[ {len(value)} {'item' if len(value) == 1 else 'items'} ]"


def _leaf(value: Any, budget: list[int]) -> SafeString:
    if value is None or isinstance(value, bool):
        return format_html('<span class="constant">{}</span>', json.dumps(value))
    if isinstance(value, (int, float)):
        return format_html('<span class="number">{}</span>', repr(value))
    text = str(value)
    shown = text[: max(0, min(MAX_LEAF, budget[1]))]
    budget[1] -= len(shown)
    left = format_html(' <span class="size">… {} more characters</span>', f"{len(text) - len(shown):,}")
    return format_html('<span class="string">"{}"</span>{}', visible(shown), left if len(shown) < len(text) else "")
