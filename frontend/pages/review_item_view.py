"""What the left side of the review page shows: the conversation with the words that detectors point at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.urls import reverse

from analytics.detection.chosen import chosen
from analytics.detection.labels import MISSED
from analytics.questions.attachments import attached
from analytics.questions.findings import Evidence, FlagRow
from analytics.questions.judging import Judged, documents_of, tools_of
from analytics.questions.turns import TurnRow
from backend.projects.models import Project
from frontend.pages.attachment import Shown
from frontend.pages.review_form import Filled
from frontend.pages.trace_reading import Files
from frontend.templatetags.evidence import Mark

MOST_SHOWN: Final = 40_000
"""Signs of one message on this page; the trace has all of it."""
MOST_BESIDE: Final = 4_000
"""Signs of one message of an earlier or later turn."""
MOST_QUOTES: Final = 5


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier or later turn, in short."""

    turn: TurnRow
    href: str
    documents: int
    tools: int
    asked_files: tuple[Shown, ...] = ()
    answered_files: tuple[Shown, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it ended in an error."""
        return self.turn.status == "error"


@dataclass(frozen=True, slots=True)
class Quote:
    """Words a flag rests on, where they are marked on the page, and how often the flag names them."""

    where: str
    text: str
    anchor: str
    times: int


@dataclass(frozen=True, slots=True)
class Flagged:
    """A flag to confirm or reject."""

    name: str
    label: str
    flag: FlagRow
    quotes: tuple[Quote, ...]
    value: str

    @property
    def tone(self) -> str:
        """The tone its severity is shown in."""
        return _TONES.get(self.flag.severity, "neutral")


_WHERE: Final = {
    "input": "in the question",
    "output": "in the answer",
    "status": "in the error",
    "finish_reason": "finish reason",
    "tool": "in a tool call",
}
_TONES: Final = {"high": "error", "medium": "warn", "low": "neutral"}


def context(project: Project, found: Judged, filled: Filled) -> dict[str, Any]:
    """Everything about the turn that the template prints."""
    turn, place = found.turn, len(found.before)
    files = _files(project, [*found.before, turn, *found.after])
    return {
        "found": found,
        "turn": turn,
        "before": [_said(project, one, own) for one, own in zip(found.before, files[:place], strict=True)],
        "after": [_said(project, one, own) for one, own in zip(found.after, files[place + 1 :], strict=True)],
        "asked_files": files[place][0],
        "answered_files": files[place][1],
        "question": turn.input_text[:MOST_SHOWN],
        "answer": turn.output_text[:MOST_SHOWN],
        "is_cut": max(len(turn.input_text), len(turn.output_text)) > MOST_SHOWN,
        "question_marks": marks(found.flags, "input"),
        "answer_marks": marks(found.flags, "output"),
        "error_text": ": ".join(filter(None, (turn.error_type, turn.error_message))),
        "error_marks": marks(found.flags, "status"),
        "flags": [_flagged(place, flag, filled) for place, flag in enumerate(found.flags)],
        "missable": _missable(project, found, filled),
        "trace_href": _trace(project, turn.trace_id),
        "conversation_href": reverse("conversation", args=[project.slug, turn.conversation_id]),
    }


def label_of(detector: str) -> str:
    """A detector's name as people read it."""
    return detector.replace("_", " ").capitalize()


def marks(flags: Sequence[FlagRow], field: str) -> list[Mark]:
    """The stretches of one text of the turn that flags point at."""
    return [
        Mark(cited.start, cited.end, label_of(flag.detector), flag.severity, _anchor(place, at))
        for place, flag in enumerate(flags)
        for at, cited in enumerate(flag.cited)
        if cited.field == field and cited.start < cited.end
    ]


def _flagged(place: int, flag: FlagRow, filled: Filled) -> Flagged:
    quotes: dict[tuple[str, str], Quote] = {}
    for at, cited in enumerate(flag.cited):
        known = quotes.get((cited.field, cited.quote))
        again = replace(known, times=known.times + 1) if known else _quote(cited, _anchor(place, at))
        quotes[cited.field, cited.quote] = again
    return Flagged(
        name=f"flag-{flag.detector}",
        label=label_of(flag.detector),
        flag=flag,
        quotes=tuple(quotes.values())[:MOST_QUOTES],
        value=filled.flags.get(flag.detector, ""),
    )


def _missable(project: Project, found: Judged, filled: Filled) -> list[dict[str, Any]]:
    """Detectors that found nothing here and may have missed something."""
    flagged = {flag.detector for flag in found.flags}
    return [
        {"name": f"flag-{one.name}", "label": label_of(one.name), "checked": filled.flags.get(one.name) == MISSED}
        for one in chosen(project.pk)
        if one.is_enabled and one.name not in flagged
    ]


def _quote(cited: Evidence, anchor: str) -> Quote:
    is_marked = cited.field in ("input", "output", "status") and cited.start < cited.end
    return Quote(_WHERE.get(cited.field, cited.field), cited.quote, f"#mark-{anchor}" if is_marked else "", 1)


def _anchor(place: int, at: int) -> str:
    return f"{place}-{at}"


def _files(project: Project, turns: Sequence[TurnRow]) -> list[tuple[tuple[Shown, ...], tuple[Shown, ...]]]:
    """What was sent and came back beside the words of each turn."""
    files = Files(project.slug, attached(project.pk, sorted({turn.trace_id for turn in turns})))
    return [files.of_turn(turns, place) for place in range(len(turns))]


def _said(project: Project, turn: TurnRow, files: tuple[tuple[Shown, ...], tuple[Shown, ...]]) -> Said:
    short = replace(turn, input_text=turn.input_text[:MOST_BESIDE], output_text=turn.output_text[:MOST_BESIDE])
    return Said(short, _trace(project, turn.trace_id), len(documents_of(turn)), len(tools_of(turn)), *files)


def _trace(project: Project, trace_id: str) -> str:
    return reverse("trace", args=[project.slug, trace_id])
