"""Answers put to a question that they were not given to."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

import numpy as np

from analytics.detectors.turn import Turn
from analytics.evaluate.base import Case, LabelledSet, held_back, turns_of
from analytics.scores.meaning import vectors

_PROMPTS: Final = 300


class _Swapped:
    """Prompts with their own answer and with that to another prompt."""

    files: ClassVar[tuple[str, ...]] = ("conversations_arena_hard_dev",)
    judges: ClassVar[tuple[str, ...]] = ("off_topic",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each prompt twice."""
        first = [turns_of(record)[0] for record in held_back(data, self.files[0])]
        answered = [turn for turn in first if turn.input_text.strip() and turn.output_text.strip()]
        turns = list({turn.input_text: turn for turn in answered}.values())
        chosen = turns[:_PROMPTS]
        for turn, other in zip(chosen, self.others(turns), strict=False):
            yield Case((turn,), False, name=turn.trace_id)
            yield Case((replace(turn, output_text=other.output_text),), True, "", turn.trace_id)

    def others(self, turns: Sequence[Turn]) -> Sequence[Turn]:
        """For each turn the one whose answer is put in place of its own."""
        raise NotImplementedError


class NearestPrompt(_Swapped, LabelledSet):
    """Chatbot-arena prompts: the answer to the nearest other prompt put in place of the own."""

    name: ClassVar[str] = "off_topic_nearest_prompt"

    def others(self, turns: Sequence[Turn]) -> Sequence[Turn]:
        """By the vectors of the prompts."""
        rows = vectors([turn.input_text for turn in turns])
        near = rows @ rows.T
        np.fill_diagonal(near, -1)
        return [turns[place] for place in near.argmax(axis=1)]


class AnyPrompt(_Swapped, LabelledSet):
    """Chatbot-arena prompts: the answer to any other prompt put in place of the own."""

    name: ClassVar[str] = "off_topic_any_prompt"

    def others(self, turns: Sequence[Turn]) -> Sequence[Turn]:
        """By dice that fall the same way in every run."""
        order = list(range(len(turns)))
        random.Random(20261128).shuffle(order)  # noqa: S311 - no cryptography
        next_of = dict(zip(order, [*order[1:], order[0]], strict=True))
        return [turns[next_of[place]] for place in range(len(turns))]
