"""What replays say of a cause: confirmed, not confirmed, or still open. The cause's probability stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from backend.replays.models import Replay

_KIND: Final = Replay.Kind
TESTS: Final[Mapping[str, frozenset[str]]] = {
    "retrieval_failed": frozenset({_KIND.ADD, _KIND.SWAP, _KIND.DROP, _KIND.FIRST}),
    "data": frozenset({_KIND.SWAP, _KIND.DROP}),
    "prompt": frozenset({_KIND.PROMPT, _KIND.SYSTEM}),
    "policy": frozenset({_KIND.PROMPT, _KIND.SYSTEM}),
    "model_provider": frozenset({_KIND.MODEL}),
    "reasoning_error": frozenset({_KIND.MODEL}),
    "question_misunderstood": frozenset({_KIND.MODEL}),
}
"""Which changes take a cause away; that others heal says nothing about it. A tool's failure cannot be replayed."""

SURE: Final = 0.025
"""How often at most chance alone may pass for a change that heals, whatever share of answers is good by itself."""

State: TypeAlias = Literal["confirmed", "not_confirmed", "open"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What replays say of a cause.

    Attributes:
        state: ``confirmed`` where taking it away heals, ``not_confirmed`` where it does not, ``open`` where the
            replays do not tell.
        text: in words.
        replays: those that it rests on, newest first; empty where none takes the cause away.
    """

    state: State
    text: str
    replays: tuple[int, ...]


def mark_of(cause: str, replays: Sequence[Replay]) -> Mark | None:
    """What replays of an answer say of its cause; None where none was finished.

    Who tries many changes finds one that seems to heal: with m replays that take the cause away, one of them has to
    reach an exact p-value of 0.025 / m (Bonferroni).

    Args:
        cause: its word.
        replays: of the same turn, newest first.
    """
    done = [one for one in replays if one.state == Replay.State.DONE]
    if not done:
        return None
    fitting = [one for one in done if one.kind in TESTS.get(cause, ())]
    ids = tuple(one.pk for one in fitting)
    healing = [one for one in fitting if one.verdict == Replay.Verdict.HEALS]
    if any(one.p_value is not None and one.p_value * len(fitting) <= SURE for one in healing):
        return Mark("confirmed", f"Heals: {healing[0].change_text}.", ids)
    if healing:
        text = f"Of {len(fitting)} replays one heals, as one of so many may by chance; repeat it more often."
        return Mark("open", text, ids)
    failing = next((one for one in fitting if one.verdict == Replay.Verdict.DOES_NOT), None)
    if failing:
        return Mark("not_confirmed", f"Does not heal: {failing.change_text}.{_instead(done)}", ids)
    text = "There are too few answers to tell." if fitting else "What was changed does not take this cause away."
    return Mark("open", f"{text}{_instead(done)}", ids)


def marks_of(project_id: int, causes: Mapping[str, str]) -> dict[str, Mark]:
    """What replays say of causes, by turn.

    Args:
        project_id: of the project.
        causes: the word of each turn's cause.
    """
    by_turn: dict[str, list[Replay]] = {}
    for one in Replay.objects.filter(project_id=project_id, turn_id__in=list(causes)):
        by_turn.setdefault(one.turn_id, []).append(one)
    found = {turn_id: mark_of(causes[turn_id], replays) for turn_id, replays in by_turn.items()}
    return {turn_id: mark for turn_id, mark in found.items() if mark}


def _instead(done: Sequence[Replay]) -> str:
    other = next((one for one in done if one.verdict == Replay.Verdict.HEALS), None)
    return f" Heals: {other.change_text}." if other else ""
