"""A turn as its reader saw it: what was asked, looked up and done, what came back, and what detectors found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec
from django.urls import reverse

from analytics.questions.attachments import Attached
from analytics.questions.findings import FlagRow
from analytics.questions.spans import SpanDetail
from analytics.questions.turns import TurnRow
from backend.attachments.reference import references
from backend.telemetry import operation
from backend.telemetry.stored import reader_of
from frontend.pages.attachment import Shown, shown
from frontend.pages.message_view import Piece
from frontend.pages.span_view import Card, cards
from frontend.pages.trace_marks import DOCUMENT, Cited, Marks
from frontend.pages.whole_text import LONGEST, Place

STEPS: Final = (operation.RETRIEVAL, operation.RERANK, operation.EXECUTE_TOOL)
Begun = TypeVar("Begun", SpanDetail, Attached)
_calls: Final = reader_of(list[dict[str, Any]])
_TONES: Final = {"high": "error", "medium": "warn"}


@dataclass(frozen=True, slots=True)
class Found:
    """A flag with its evidence, ready to be printed."""

    flag: FlagRow
    tone: str
    cited: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What was looked up or done between question and answer.

    Attributes:
        kind: ``documents`` or ``tool``.
        failed: whether it ended in an error.
        asked_only: the model asked for it and no span tells that it ran.
        documents: each with its marks.
        argument_more: where all of the arguments are, where they are cut.
        result_more: of the result, likewise.
        left_out: bytes of documents that are too long for this page.
        href: of the step itself.
    """

    kind: str
    name: str
    span_id: str
    duration_ms: float | None
    failed: bool
    query: str = ""
    documents: tuple[tuple[Card, tuple[dict[str, Any], ...]], ...] = ()
    arguments: Any = None
    argument_marks: tuple[dict[str, Any], ...] = ()
    result: Any = None
    result_marks: tuple[dict[str, Any], ...] = ()
    asked_only: bool = False
    argument_more: Piece | None = None
    result_more: Piece | None = None
    left_out: int = 0
    href: str = ""

    @property
    def is_marked(self) -> bool:
        """Whether a flag rests on words of it."""
        return bool(self.argument_marks or self.result_marks or any(marks for _, marks in self.documents))

    @property
    def is_open(self) -> bool:
        """Whether it stands open at first."""
        return self.failed or self.is_marked


@dataclass(frozen=True, slots=True)
class Reading:
    """A turn, ready to be printed."""

    turn: TurnRow
    number: int
    input_text: str
    input_marks: tuple[dict[str, Any], ...]
    output_text: str
    output_marks: tuple[dict[str, Any], ...]
    steps: tuple[Step, ...]
    found: tuple[Found, ...]
    input_more: Piece | None = None
    output_more: Piece | None = None
    asked_files: tuple[Shown, ...] = ()
    answered_files: tuple[Shown, ...] = ()

    @property
    def detectors(self) -> list[str]:
        """Names of the detectors that found something."""
        return [one.flag.detector for one in self.found]


@dataclass(frozen=True, slots=True)
class Files:
    """Attachments of the traces of a page.

    Attributes:
        slug: of the project.
        attached: by span, in the order they began.
    """

    slug: str
    attached: Sequence[Attached] = ()

    def of(self, spans: Sequence[Attached]) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
        """What the user sent along with these spans, and what came back; what was sent is no answer."""
        asked = {one.key: one for span in spans for one in references("\n".join(span.asked))}
        answered = {one.key: one for span in spans for one in references("\n".join(span.answered))}
        new = [one for key, one in answered.items() if key not in asked]
        return tuple(shown(self.slug, asked.values())), tuple(shown(self.slug, new))

    def of_turn(self, turns: Sequence[TurnRow], place: int) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
        """What was sent and came back in one turn of those that a page shows, which are in the order they began."""
        return self.of(_own(turns, place, self.attached))


def readings(
    turns: Sequence[TurnRow],
    flags: Mapping[str, Sequence[FlagRow]],
    spans: Sequence[SpanDetail],
    files: Files,
    first: int = 0,
) -> list[Reading]:
    """Turns with their steps and flags.

    Args:
        turns: in the order they began.
        flags: by turn.
        spans: retrievals and tool calls of their traces, by start.
        files: attachments of their traces.
        first: number of the first turn.
    """
    found = []
    for place, turn in enumerate(turns):
        asked, answered = files.of_turn(turns, place)
        own = _own(turns, place, spans)
        reading = _reading(place + first, turn, flags.get(turn.turn_id, ()), own, files.slug)
        found.append(replace(reading, asked_files=asked, answered_files=answered))
    return found


def _own(turns: Sequence[TurnRow], place: int, spans: Sequence[Begun]) -> list[Begun]:
    """The spans of a turn: of its trace, and begun before the trace's next turn."""
    turn = turns[place]
    same = [one for one in turns if one.trace_id == turn.trace_id]
    later = next((one.start_time for one in same if one.start_time > turn.start_time), None)
    begins = turn.start_time if same[0] is not turn else None
    return [
        span
        for span in spans
        if span.trace_id == turn.trace_id
        and (begins is None or span.start_time >= begins)
        and (later is None or span.start_time < later)
    ]


def _reading(number: int, turn: TurnRow, flags: Sequence[FlagRow], spans: Sequence[SpanDetail], slug: str) -> Reading:
    marks = Marks(number, turn, flags, LONGEST)
    asked, answered = (Place(slug, turn.trace_id, one) for one in (turn.input_span_id, turn.output_span_id))
    return Reading(
        turn=turn,
        number=number,
        input_text=turn.input_text[:LONGEST],
        input_marks=marks.at("input"),
        output_text=turn.output_text[:LONGEST],
        output_marks=marks.at("output"),
        input_more=_more(turn.input_text, turn.input_cut, asked.href("said")),
        output_more=_more(turn.output_text, turn.output_cut, answered.href("output_text")),
        steps=(*(_step(span, marks, Place(slug, span.trace_id, span.span_id)) for span in spans), *_never_ran(turn)),
        found=tuple(
            Found(flag, _TONES.get(flag.severity, "neutral"), cited)
            for flag, cited in zip(flags, marks.cited, strict=True)
        ),
    )


def _more(text: str, cut: int, href: str) -> Piece | None:
    """Where all of a text is; None where the page has it."""
    left = max(0, len(text) - LONGEST) + cut
    return Piece("text", left=left, href=href) if left else None


def _step(span: SpanDetail, marks: Marks, place: Place) -> Step:
    failed = span.status == "error"
    if span.operation == operation.EXECUTE_TOOL:
        return Step(
            kind="tool",
            name=span.tool_name or span.name,
            span_id=span.span_id,
            duration_ms=span.duration_ms,
            failed=failed,
            arguments=span.tool_arguments[:LONGEST],
            argument_marks=marks.at("tool", span.span_id),
            result=(span.tool_result or span.status_message)[:LONGEST],
            result_marks=marks.at("tool_result", span.span_id) if span.tool_result else (),
            argument_more=_more(
                span.tool_arguments, span.left_out.get("tool_arguments", 0), place.href("tool_arguments")
            ),
            result_more=_more(span.tool_result, span.left_out.get("tool_result", 0), place.href("tool_result")),
        )
    return Step(
        kind="documents",
        name=span.name,
        span_id=span.span_id,
        duration_ms=span.duration_ms,
        failed=failed,
        query=(span.retrieval_query or span.input_text)[:2000],
        documents=tuple(
            (card, marks.at("document", span.span_id, str(card.rank))) for card in cards(span.documents, DOCUMENT)
        ),
        left_out=span.left_out.get("documents", 0),
        href=_step_href(place),
    )


def _step_href(place: Place) -> str:
    words = urlencode({"view": "spans", "span": place.span_id})
    return f"{reverse('trace', args=[place.slug, place.trace_id])}?{words}"


def _never_ran(turn: TurnRow) -> list[Step]:
    """Tools that the model asked for and no span tells of."""
    try:
        calls = _calls(turn.tool_calls) if turn.tool_calls else []
    except msgspec.MsgspecError:
        return []
    return [
        Step("tool", str(call.get("name") or "tool"), str(call.get("span_id", "")), None, failed=False,
             arguments=str(call.get("arguments") or "")[:LONGEST], asked_only=True)
        for call in calls
        if call.get("status") == "asked"
    ]  # fmt: skip
