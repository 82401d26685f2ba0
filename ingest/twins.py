"""One call of a model that two spans tell, each with its tokens: both are kept, one of them counts.

Frameworks and the SDK they call are often instrumented both: LangChain or LlamaIndex beside OpenAI, a wrapper of a
wrapper, Anthropic's SDK by itself. Whether two spans are one call is decided by evidence, first within what is read
together: the spans of one request of OpenTelemetry, all that was told of a trace by the other APIs. Those that came
apart a worker finds among what is stored (``analytics.pipeline.pair``), by the same evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from backend.telemetry.span import Span

OWN_SPANS: Final = "com.anthropic.sdk.python"
"""Scope of the spans that Anthropic's SDK makes by itself, with full usage, whichever instrumentation runs too."""

COUNTS: Final = tuple(name for name in Span.__struct_fields__ if name.endswith("_tokens") and name != "max_tokens")
"""Fields that hold counts of a call, which are kept as attributes where another span counts."""

OPERATION: Final = "operation"
"""What the operation of a span that was set aside is kept as, beside its counts."""

_METERED: Final = op.METERED
NEAREST: Final = 8
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
    repeats = repeats_among(spans)
    if not repeats:
        return spans
    return [_as_plain_step(span) if place in repeats else span for place, span in enumerate(spans)]


def repeats_among(spans: list[Span], aside: frozenset[int] = frozenset(), *, nearest: int = NEAREST) -> dict[int, int]:
    """Which spans tell a call that another tells too.

    Args:
        spans: of any traces, each once.
        aside: places of those that were set aside before, with their counts. They stay aside, and the call around one
            is not taken for that of a further trace.
        nearest: how many of the calls around one are looked at.

    Returns:
        Places of further ones to set aside, each with the place of the span that counts instead.
    """
    alike: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for place, span in enumerate(spans):
        if span.operation in _METERED:
            alike[_totals(span)].append(place)
    repeats: dict[int, int] = {}
    above = _Above(spans)
    for totals, places in alike.items():
        if len(places) > 1 and any(totals):
            places.sort(key=lambda place: (spans[place].start_time, -spans[place].end_time))
            sweep = _Sweep(spans, above, nearest)
            if aside:
                sweep.run(places, aside)
                sweep = _Sweep(spans, above, nearest, sweep.paired)
            repeats |= sweep.run([place for place in places if place not in aside])
    if any(span.scope_name == OWN_SPANS for span in spans):
        repeats |= {place: told for place, told in _of_sdk(spans).items() if place not in aside}
    return repeats


def _totals(span: Span) -> tuple[int, int]:
    """Tokens in and out: how they fall into buckets not every instrumentation tells."""
    return (
        span.uncached_input_tokens + span.cached_input_tokens + span.cache_write_input_tokens + span.audio_input_tokens,
        span.visible_output_tokens + span.reasoning_output_tokens + span.audio_output_tokens,
    )


class _Sweep:
    """Goes through calls with the same totals by their start; each call around is paired once with another trace."""

    __slots__ = ("_above", "_around", "_nearest", "_spans", "_within", "paired")

    def __init__(self, spans: list[Span], above: _Above, nearest: int, paired: Iterable[int] = ()) -> None:
        self._spans, self._above, self._nearest = spans, above, nearest
        self.paired = set(paired)
        self._around: list[int] = []
        self._within: defaultdict[str, list[int]] = defaultdict(list)

    def run(self, places: Iterable[int], inner: frozenset[int] = frozenset()) -> dict[int, int]:
        """Which of the calls tell what another tells, and which one that is.

        Args:
            places: by start, of two that start together the longer first.
            inner: the only ones that another may be around of, which are around none; all and any where empty.
        """
        repeats: dict[int, int] = {}
        for place in places:
            span = self._spans[place]
            # What began a trace stands below nothing in it.
            near = self._within[span.trace_id] if span.parent_span_id else self._around
            self._leave_out(near, span.start_time)
            if not inner or place in inner:
                self._find(place, near, repeats)
            if place not in repeats and place not in inner:
                self._around.append(place)
                self._within[span.trace_id].append(place)
        return repeats

    def _leave_out(self, near: list[int], start: int) -> None:
        """Forget those that are over, and of many that are not the outermost."""
        while near and self._spans[near[-1]].end_time < start:
            near.pop()
        if len(near) > 4 * self._nearest:
            near[:] = [place for place in near if self._spans[place].end_time >= start][-2 * self._nearest :]

    def _find(self, place: int, near: list[int], repeats: dict[int, int]) -> None:
        inner = self._spans[place]
        for other in reversed(near[-self._nearest :]):
            outer = self._spans[other]
            if other in repeats or not _may_be_one(outer, inner):
                continue
            if outer.trace_id == inner.trace_id:
                if not self._above.has(inner, outer.span_id):
                    continue
                less, more = (place, other) if _is_less(inner, outer) else (other, place)
                repeats[less] = more
            elif other not in self.paired and _began_alone(outer, inner):
                repeats[place] = other
            else:
                continue
            self.paired.add(other)
            return


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
    if inner.parent_span_id or inner.scope_name == outer.scope_name or _process(inner) != _process(outer):
        return False
    return not (outer.input_text and inner.input_text) or outer.input_text == inner.input_text


def _process(span: Span) -> tuple[object, ...]:
    """What is known of the process that a span comes from."""
    return span.service_name, span.environment, span.release, span.resource_attributes


def _is_less(inner: Span, outer: Span) -> bool:
    """Whether the inner of two spans of one call is the one without content; records may yet tell the outer's."""
    return inner.scope_name == OWN_SPANS or (_says(outer) and not _says(inner))


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


def _of_sdk(spans: list[Span]) -> dict[int, int]:
    """Spans of an SDK itself whose response an instrumentation tells too, wherever both stand."""
    told = {
        span.response_id: place
        for place, span in enumerate(spans)
        if span.response_id and span.operation in _METERED and span.scope_name != OWN_SPANS
    }
    return {
        place: told[span.response_id]
        for place, span in enumerate(spans)
        if span.scope_name == OWN_SPANS and span.operation in _METERED and span.response_id in told
    }


def _as_plain_step(span: Span) -> Span:
    usage = {name: getattr(span, name) for name in COUNTS if getattr(span, name)}
    kept = {name: str(count) for name, count in usage.items()} | {OPERATION: span.operation}
    attributes = span.attributes | {f"{sc.ASSAY_TWIN}.{name}": text for name, text in kept.items()}
    return msgspec.structs.replace(span, operation=op.OTHER, attributes=attributes, **dict.fromkeys(usage, 0))
