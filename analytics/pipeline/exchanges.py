"""Which spans of a trace belong to one exchange: mostly all, in a session's trace some each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.pipeline.facts import SpanFacts
from backend.telemetry import operation

_AGENTS: Final = frozenset({operation.INVOKE_AGENT, operation.INVOKE_WORKFLOW, operation.OTHER})
_LOOKED_UP: Final = frozenset({operation.RETRIEVAL, operation.RERANK, operation.EMBEDDINGS})
_INSIDE: Final = operation.GENERATION | {operation.EXECUTE_TOOL, operation.GUARDRAIL, operation.EVALUATE}
_MEANT: Final = operation.GENERATION | {
    operation.INVOKE_AGENT, operation.INVOKE_WORKFLOW, operation.RETRIEVAL, operation.RERANK, operation.EXECUTE_TOOL,
}  # fmt: skip
"""A trace without one of these says nothing that a turn could be made of."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Spans of one exchange.

    Attributes:
        tops: the highest ones, by start; they tell when it began and ended and whether it failed.
        spans: all of them, by start.
        generations: model calls that no other model call, tool or guardrail made, by start.
    """

    tops: tuple[SpanFacts, ...]
    spans: tuple[SpanFacts, ...]
    generations: tuple[SpanFacts, ...]


class Tree:
    """Spans of one trace by parent; a span whose parent is missing, or that is its own ancestor, is a root."""

    def __init__(self, spans: Sequence[SpanFacts]) -> None:
        known = {span.span_id for span in spans}
        self.below: dict[str, list[SpanFacts]] = {}
        for span in spans:
            inside = span.parent_span_id in known and span.parent_span_id != span.span_id
            self.below.setdefault(span.parent_span_id if inside else "", []).append(span)
        self.roots = list(self.below.get("", ()))
        reached = {span.span_id for root in self.roots for span in self.under(root)}
        for span in spans:
            if span.span_id not in reached:
                self.roots.append(span)
                reached.update(one.span_id for one in self.under(span))

    def under(self, top: SpanFacts) -> Iterator[SpanFacts]:
        """A span and all below it."""
        seen: set[str] = set()
        waiting = [top]
        while waiting:
            span = waiting.pop()
            if span.span_id not in seen:
                seen.add(span.span_id)
                yield span
                waiting.extend(self.below.get(span.span_id, ()))

    def highest(self, top: SpanFacts) -> Iterator[SpanFacts]:
        """Generations under a span, itself included, that no other generation, tool or guardrail made."""
        seen: set[str] = set()
        waiting = [top]
        while waiting:
            span = waiting.pop()
            if span.span_id in seen:
                continue
            seen.add(span.span_id)
            if span.is_generation:
                yield span
            if span.operation not in _INSIDE:
                waiting.extend(self.below.get(span.span_id, ()))


def split(spans: Sequence[SpanFacts]) -> list[Exchange]:
    """Tell the exchanges of a trace apart.

    A trace is one exchange, unless its root only holds a session together: it says nothing itself, and the steps
    right below it answer different user messages. A message that contains the other is the same one in a template.

    Args:
        spans: of one trace, by start.

    Returns:
        Exchanges by start; none where no span is of a model, agent, retrieval or tool.
    """
    if not any(span.operation in _MEANT for span in spans):
        return []
    tree = Tree(spans)
    units = _units(tree)
    groups = _grouped(tree, units)
    if len(groups) == 1:
        return [_exchange(tree, tree.roots, spans)]
    return [_exchange(tree, group, _under(tree, group)) for group in groups]


def _units(tree: Tree) -> list[SpanFacts]:
    """What stands side by side where the trace branches first."""
    units = tree.roots
    while len(units) == 1 and _only_holds(units[0]) and tree.below.get(units[0].span_id):
        units = tree.below[units[0].span_id]
    return units


def _only_holds(span: SpanFacts) -> bool:
    return span.operation in _AGENTS and not span.input_text.strip() and not span.output_text.strip()


def _grouped(tree: Tree, units: Sequence[SpanFacts]) -> list[list[SpanFacts]]:
    groups: list[list[SpanFacts]] = []
    waiting: list[SpanFacts] = []  # what was looked up belongs to the answer that follows
    asked = ""
    for unit in units:
        text = _asked(tree, unit)
        if not text and (unit.operation in _LOOKED_UP or not groups):
            waiting.append(unit)
            continue
        if not groups or (text and asked and not _same(text, asked)):
            groups.append([])
        groups[-1].extend([*waiting, unit] if text else [unit])
        waiting = [] if text else waiting
        asked = text or asked
    if not groups:
        return [waiting]
    groups[-1].extend(waiting)
    return groups


def _asked(tree: Tree, unit: SpanFacts) -> str:
    """The user's message that a step answers; empty where it answers none."""
    first = min(tree.highest(unit), key=_by_start, default=None)
    if first and first.input_text.strip():
        return first.input_text
    return unit.input_text if unit.operation in {operation.INVOKE_AGENT, operation.INVOKE_WORKFLOW} else ""


def _same(one: str, other: str) -> bool:
    one, other = " ".join(one.split()), " ".join(other.split())
    return one in other or other in one


def _under(tree: Tree, tops: Iterable[SpanFacts]) -> list[SpanFacts]:
    found = {span.span_id: span for top in tops for span in tree.under(top)}
    return sorted(found.values(), key=_by_start)


def _exchange(tree: Tree, tops: Sequence[SpanFacts], spans: Sequence[SpanFacts]) -> Exchange:
    generations = {span.span_id: span for top in tops for span in tree.highest(top)}
    return Exchange(tuple(tops), tuple(spans), tuple(sorted(generations.values(), key=_by_start)))


def _by_start(span: SpanFacts) -> tuple[int, int, str]:
    return span.start, -span.end, span.span_id
