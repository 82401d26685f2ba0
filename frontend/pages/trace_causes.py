"""Why answers were bad, as pages of traces and conversations show it, and what replays say of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from analytics.causes.base import SHOWN
from analytics.questions.findings import ANALYSER, CAUSE, JudgementRow
from analytics.questions.problems import CAUSE_WORDS
from analytics.questions.turns import TurnRow
from analytics.replay.marks import Mark, mark_of
from backend.accounts.models import User
from backend.projects.access import Access
from backend.replays.models import Replay
from backend.replays.rights import may_replay

MARKS: Final = {
    "confirmed": ("Confirmed by replay", "ok", "circle-check"),
    "not_confirmed": ("Not confirmed by replay", "warn", "circle-x"),
    "open": ("Replay does not tell", "neutral", "circle-question-mark"),
}
VERDICTS: Final = {
    "heals": ("ok", "circle-check"),
    "does_not_heal": ("error", "circle-x"),
    "not_enough_evidence": ("neutral", "circle-question-mark"),
}
STATES: Final = {"running": ("info", "play"), "failed": ("error", "circle-alert"), "stopped": ("neutral", "pause")}
_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class ReplayLine:
    """A replay in a list: its word with tone and icon, and its address."""

    replay: Replay
    word: str
    tone: str
    icon: str
    href: str


@dataclass(frozen=True, slots=True)
class ShownCause:
    """What is known of why a turn's answer was bad.

    Attributes:
        number: of the turn on the page, from 1.
        row: the stored cause; None where nothing speaks against the answer.
        word: the cause for people.
        is_probable: whether it is called probable, not only a hint.
        mark: what replays say of it, with word, tone and icon; None where there is no replay.
        replays: of the answer, newest first.
        href: where a replay is begun; empty for who may not.
    """

    number: int
    row: JudgementRow | None
    word: str
    is_probable: bool
    mark: tuple[Mark, str, str, str] | None
    replays: tuple[ReplayLine, ...]
    href: str


def without_causes(scores: Sequence[JudgementRow]) -> list[JudgementRow]:
    """Scores that are shown as such: verdicts and causes have places of their own."""
    return [one for one in scores if one.name != "verdict" and not _is_cause(one)]


def causes_of(
    access: Access, person: User, turns: Sequence[TurnRow], scores: Sequence[JudgementRow], first: int = 1
) -> list[ShownCause]:
    """Causes of turns and what replays say of them; turns without either are left out, but for the only one.

    Args:
        access: to the project.
        person: who looks.
        turns: of the page.
        scores: of their traces.
        first: number of the first turn.
    """
    rows = {one.turn_id: one for one in scores if _is_cause(one)}
    replays: dict[str, list[Replay]] = {}
    for one in Replay.objects.filter(project=access.project, turn_id__in=[turn.turn_id for turn in turns]):
        replays.setdefault(one.turn_id, []).append(one)
    may = may_replay(access, person)
    found = []
    for number, turn in enumerate(turns, start=first):
        row, done = rows.get(turn.turn_id), replays.get(turn.turn_id, [])
        if row or done or (may and len(turns) == 1 and turn.turn_id):
            found.append(_shown(access, number, turn, row, done, may))
    return found


def line_of(slug: str, one: Replay) -> ReplayLine:
    """A replay as lists show it."""
    if one.state == Replay.State.DONE:
        tone, icon = VERDICTS[one.verdict]
        word = one.get_verdict_display()
    else:
        tone, icon = STATES[one.state]
        word = one.get_state_display()
    return ReplayLine(one, word, tone, icon, reverse("replay", args=[slug, one.pk]))


def _shown(
    access: Access, number: int, turn: TurnRow, row: JudgementRow | None, done: list[Replay], may: bool
) -> ShownCause:
    slug = access.project.slug
    mark = mark_of(row.label, done) if row else None
    href = f"{reverse('new_replay', args=[slug])}?{urlencode({'turn': turn.turn_id})}" if may else ""
    return ShownCause(
        number=number,
        row=row,
        word=CAUSE_WORDS.get(row.label, row.label) if row else "",
        is_probable=bool(row and row.value is not None and row.value >= SHOWN and row.label != "not_enough_evidence"),
        mark=(mark, *MARKS[mark.state]) if mark else None,
        replays=tuple(line_of(slug, one) for one in done[:_LISTED]),
        href=href,
    )


def _is_cause(one: JudgementRow) -> bool:
    return one.name == CAUSE and one.source == ANALYSER
