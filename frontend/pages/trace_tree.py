"""The span tree of a trace, a page of rows at a time, so that thousands of spans open as fast as five."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from analytics.questions.spans import SpanNode, TraceSpans
from frontend.templatetags.figures import compact

PAGE: Final = 500
"""Rows of one page."""
DEEP: Final = 4
"""In a trace of more than one page, what lies deeper starts folded."""


@dataclass(frozen=True, slots=True)
class Row:
    """A span as a row of the tree and a bar of the waterfall.

    Attributes:
        sub: model or tool, and tokens.
        children: whether rows below belong to it.
        flags: how many rest on its words.
        href: of the page with this span chosen.
    """

    id: str
    name: str
    operation: str
    status: str
    depth: int
    start_ms: float
    duration_ms: float
    first_token_ms: float | None
    sub: str
    children: bool
    flags: int
    href: str


def rows(found: TraceSpans, flags: Mapping[str, int], address: str) -> list[Row]:
    """All spans as rows, in the order of the tree.

    Args:
        found: the spans.
        flags: how many flags rest on words of a span.
        address: of the trace; may hold a query already.
    """
    joint = "&" if "?" in address else "?"
    return [
        _row(node, flags, f"{address}{joint}view=spans&span={quote(node.span.span_id, safe='')}")
        for node in found.nodes
    ]


def page_start(all_rows: list[Row], asked: str, chosen: str) -> int:
    """Where the page of rows begins: as asked, else the page that holds the chosen span."""
    if asked.isascii() and asked.isdigit() and len(asked) < 9:
        return min(int(asked), max(0, len(all_rows) - 1))
    place = next((number for number, row in enumerate(all_rows) if row.id == chosen), 0)
    return place // PAGE * PAGE


def where_it_broke(all_rows: list[Row]) -> str:
    """The deepest failed span, the first of them: that is where an error began; empty where nothing failed."""
    failed = [row for row in all_rows if row.status == "error"]
    return max(failed, key=lambda row: row.depth).id if failed else ""


def _row(node: SpanNode, flags: Mapping[str, int], href: str) -> Row:
    span = node.span
    model = span.response_model or span.request_model
    told = {span.tool_name, span.request_model, span.response_model} - {""}
    named = "" if any(one in span.name for one in told) else span.tool_name or model
    count = span.input_tokens + span.output_tokens
    parts = (named, f"{compact(count)} tokens" if count else "", "parent not sent" if node.orphan else "")
    return Row(
        id=span.span_id,
        name=span.name or "(no name)",
        operation=span.operation or "other",
        status=span.status,
        depth=node.depth,
        start_ms=span.start_ms,
        duration_ms=span.duration_ms,
        first_token_ms=span.time_to_first_token_ms,
        sub=" · ".join(part for part in parts if part),
        children=node.children > 0,
        flags=flags.get(span.span_id, 0),
        href=href,
    )
