"""Rows of a trace's tree, made in one pass: a template per row took 1.05 s for 5,000 spans, this takes 0.15 s."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from frontend.templatetags.evidence import visible
from frontend.templatetags.figures import duration
from frontend.templatetags.plots import bar_marks
from frontend.templatetags.ui import icon

register = template.Library()

OPERATIONS = {"chat", "retrieval", "execute_tool", "invoke_agent", "embeddings"}
_FOLD = '<span class="span-fold" aria-hidden="true"></span>'
_DEEPEST = 12  # span_tree.css indents no further

_ROW = (
    '<div class="span-row" role="treeitem" id="span-{id}" tabindex="{tab}" aria-level="{level}"'
    ' aria-selected="{chosen}"{expanded} data-depth="{shown}" data-level="{depth}" data-operation="{operation}"'
    ' data-status="{status}" data-href="{href}"><span class="span-name">{fold}'
    '<span class="op" role="img" aria-label="{sign}"></span><span class="truncate">{name}</span>{badges}</span>'
    '<svg class="bar" aria-hidden="true">{marks}</svg><span class="time">{time}</span></div>'
)


@register.simple_tag
def span_rows(spans: Iterable[Any], total_ms: Any, selected_id: Any = "") -> SafeString:
    """Print the rows of a tree.

    Args:
        spans: in the order they ran, as mappings or objects with id, depth, name, operation, status, start_ms (from the
            beginning of the trace), duration_ms, first_token_ms, children (whether rows below belong to it), flags
            (how many), sub (words beside the name) and href.
        total_ms: length of the trace.
        selected_id: row that is chosen; the first where none is.
    """
    rows: list[str] = []
    for span in spans:
        part = _reader(span)
        chosen = str(part("id")) == str(selected_id) if selected_id else not rows
        rows.append(_row(part, total_ms, chosen))
    return SafeString("".join(rows))


def _reader(span: Any) -> Any:
    return span.get if isinstance(span, Mapping) else lambda name: getattr(span, name, None)


def _row(part: Any, total_ms: Any, chosen: bool) -> str:
    """Print one row; every text of the span is escaped here."""
    depth, operation = int(part("depth") or 0), str(part("operation") or "")
    return _ROW.format(
        id=escape(part("id")),
        tab=0 if chosen else -1,
        level=depth + 1,
        chosen="true" if chosen else "false",
        expanded=' aria-expanded="true"' if part("children") else "",
        shown=min(depth, _DEEPEST),
        depth=depth,
        operation=escape(operation),
        status=escape(part("status") or ""),
        href=escape(part("href") or ""),
        fold=_FOLD if part("children") else "",
        sign=operation if operation in OPERATIONS else "other operation",
        name=escape(visible(str(part("name") or ""))),
        badges=_badges(part),
        marks=bar_marks(part("start_ms"), part("duration_ms"), total_ms, part("first_token_ms")),
        time=duration(part("duration_ms")),
    )


def _badges(part: Any) -> str:
    """Print what stands beside a name: error, flags, words."""
    badges: list[str] = []
    if part("status") == "error":
        badges.append(icon("circle-alert", "error"))
    if part("flags"):
        words = '<span class="visually-hidden"> flags</span>'
        badges.append(f'<span class="badge" data-tone="error">{icon("flag")}{int(part("flags"))}{words}</span>')
    if part("sub"):
        badges.append(f'<span class="sub truncate">{escape(visible(str(part("sub"))))}</span>')
    return "".join(badges)
