"""One call of a model that two spans tell, each with its tokens: both are kept, one of them counts.

Frameworks and the SDK they call are often instrumented both: LangChain or LlamaIndex beside OpenAI, a wrapper of a
wrapper, Anthropic's SDK by itself. Whether two spans are one call is decided by evidence, within what is read together:
the spans of one request of OpenTelemetry, all that was told of a trace by the other APIs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import msgspec

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from backend.telemetry.span import Span

_OWN_SPANS: Final = "com.anthropic.sdk.python"
"""Scope of the spans that Anthropic's SDK makes by itself, with full usage, whichever instrumentation runs too."""

_COUNTS: Final = tuple(name for name in Span.__struct_fields__ if name.endswith("_tokens") and name != "max_tokens")
_METERED: Final = op.METERED
_NEAREST: Final = 8
"""How many of the calls around one are looked at: an outer one is near, and none takes long."""

_DEEPEST: Final = 16
"""Most steps between a call and the same call told further out."""


def counted_once(spans: list[Span]) -> list[Span]:
    """Leave the tokens of a call to one of the spans that tell it.

    Two spans tell one call where one ran within the other's time, with as many tokens in and out, the same model and no
    other response, and where it stands below it in their trace; or where it began a trace of its own, by another
    instrumentation and with the same question, as happens where that is not handed the trace.

    The span without content counts nothing; with content in both it is the outer one, as the inner is nearer to the
    provider, but of two traces the one that the inner began alone, as the other is the user's.

    Args:
        spans: as they came, of any traces.

    Returns:
        The same, in their order; those that count nothing are plain steps, with their counts among the attributes.
    """
    alike: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for place, span in enumerate(spans):
        if span.operation in _METERED:
            alike[_totals(span)].append(place)
    repeats: set[int] = set()
    for totals, places in alike.items():
        if len(places) > 1 and any(totals):
            repeats |= _repeats(spans, places)
    if any(span.scope_name == _OWN_SPANS for span in spans):
        repeats |= _of_sdk(spans)
    if not repeats:
        return spans
    return [_as_plain_step(span) if place in repeats else span for place, span in enumerate(spans)]


def _totals(span: Span) -> tuple[int, int]:
    """Tokens in and out: how they fall into buckets not every instrumentation tells."""
    return (
        span.uncached_input_tokens + span.cached_input_tokens + span.cache_write_input_tokens + span.audio_input_tokens,
        span.visible_output_tokens + span.reasoning_output_tokens + span.audio_output_tokens,
    )


def _repeats(spans: list[Span], places: list[int]) -> set[int]:
    """Which of some calls with the same totals tell what another tells; each call outside is paired once."""
    repeats: set[int] = set()
    paired: set[int] = set()
    above = _Above(spans)
    around: list[int] = []
    for place in sorted(places, key=lambda place: (spans[place].start_time, -spans[place].end_time)):
        inner = spans[place]
        while around and spans[around[-1]].end_time < inner.start_time:
            around.pop()
        for other in reversed(around[-_NEAREST:]):
            if other in repeats or not _may_be_one(spans[other], inner):
                continue
            if spans[other].trace_id == inner.trace_id:
                if not above.has(inner, spans[other].span_id):
                    continue
                repeats.add(place if _is_less(inner, spans[other]) else other)
            elif other not in paired and _began_alone(spans[other], inner):
                repeats.add(place)
            else:
                continue
            paired.add(other)
            break
        if place not in repeats:
            around.append(place)
    return repeats


def _may_be_one(outer: Span, inner: Span) -> bool:
    """Whether nothing speaks against two spans with the same totals being one call."""
    if not outer.start_time <= inner.start_time <= inner.end_time <= outer.end_time:
        return False
    if outer.response_id and inner.response_id and outer.response_id != inner.response_id:
        return False
    names = {outer.request_model, outer.response_model} & {inner.request_model, inner.response_model}
    kin = outer.operation == inner.operation or {outer.operation, inner.operation} <= op.GENERATION
    return kin and bool(names - {""})


def _began_alone(outer: Span, inner: Span) -> bool:
    """Whether the inner call began a trace because its instrumentation was not handed the outer one's."""
    if inner.parent_span_id or inner.scope_name == outer.scope_name:
        return False
    return not (outer.input_text and inner.input_text) or outer.input_text == inner.input_text


def _is_less(inner: Span, outer: Span) -> bool:
    """Whether the inner of two spans of one call is the one without content; records may yet tell the outer's."""
    return inner.scope_name == _OWN_SPANS or (_says(outer) and not _says(inner))


def _says(span: Span) -> bool:
    return bool(span.input_messages or span.output_messages or span.input_text or span.output_text)


class _Above:
    """What stands above a span, as far as it was told together with it; looked up once it is asked for."""

    __slots__ = ("_parents", "_spans")

    def __init__(self, spans: list[Span]) -> None:
        self._spans = spans
        self._parents: dict[tuple[str, str], str] | None = None

    def has(self, span: Span, span_id: str) -> bool:
        """Whether a span of the same trace is above."""
        if span.parent_span_id == span_id:
            return True
        if self._parents is None:
            self._parents = {(one.trace_id, one.span_id): one.parent_span_id for one in self._spans}
        return any(above == span_id for above in self._line(span, self._parents))

    def _line(self, span: Span, parents: dict[tuple[str, str], str]) -> Iterator[str]:
        above = span.parent_span_id
        for _ in range(_DEEPEST):
            if not above:
                return
            yield above
            above = parents.get((span.trace_id, above), "")


def _of_sdk(spans: list[Span]) -> set[int]:
    """Spans of an SDK itself whose response an instrumentation tells too, wherever both stand."""
    told = {span.response_id for span in spans if span.operation in _METERED and span.scope_name != _OWN_SPANS}
    return {
        place for place, span in enumerate(spans) if span.scope_name == _OWN_SPANS and span.response_id in told - {""}
    }


def _as_plain_step(span: Span) -> Span:
    usage = {name: getattr(span, name) for name in _COUNTS if getattr(span, name)}
    attributes = span.attributes | {f"{sc.ASSAY_TWIN}.{name}": str(count) for name, count in usage.items()}
    return msgspec.structs.replace(span, operation=op.OTHER, attributes=attributes, **dict.fromkeys(usage, 0))
