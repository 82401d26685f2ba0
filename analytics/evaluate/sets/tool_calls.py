"""Tool calls that people call wrong, and calls and results that were fine before something was exchanged."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import ClassVar

from analytics.evaluate.base import Case, LabelledSet, held_back, turns_of
from analytics.evaluate.swaps import pairs

SEED = 20261129


class WrongActions(LabelledSet):
    """Taskmaster-4: an assistant's last tool call, which people say is not what it should have done next."""

    name: ClassVar[str] = "tool_calls_coffee"
    files: ClassVar[tuple[str, ...]] = ("quality_tm4_reward_dev",)
    judges: ClassVar[tuple[str, ...]] = ("tool_correctness",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give the turns that end in a call; the label is of that call."""
        for record in held_back(data, self.files[0]):
            if record["turns"][-1].get("tool_calls"):
                yield Case((turns_of(record)[-1],), not record["labels"]["last_turn_correct"], name=record["id"])


class _Exchanged:
    """Calls in which one value is that of another conversation, against the same as they were."""

    files: ClassVar[tuple[str, ...]]
    judges: ClassVar[tuple[str, ...]] = ("tool_correctness",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give one turn of each conversation, as it was and spoiled."""
        talks = [turns_of(record) for record in held_back(data, self.files[0])]
        for turn, changed in pairs(talks, SEED):
            yield Case((turn,), False, name=turn.trace_id)
            yield Case((changed,), True, name=turn.trace_id)


class ExchangedCoffee(_Exchanged, LabelledSet):
    """Taskmaster-4: one value of a call exchanged for one that another conversation gave the same tool."""

    name: ClassVar[str] = "exchanged_values_coffee"
    files: ClassVar[tuple[str, ...]] = ("conversations_tm4_coffee_dev",)


class ExchangedAirline(_Exchanged, LabelledSet):
    """Tau-bench: one value of a call exchanged for one that another conversation gave the same tool."""

    name: ClassVar[str] = "exchanged_values_airline"
    files: ClassVar[tuple[str, ...]] = ("conversations_taubench_airline_dev",)


class ExchangedSgd(_Exchanged, LabelledSet):
    """Schema-Guided Dialogue, of which nothing was fitted on: one value of a call exchanged likewise."""

    name: ClassVar[str] = "exchanged_values_sgd"
    files: ClassVar[tuple[str, ...]] = ("conversations_sgd_assistant_dev",)


class ExchangedResults(LabelledSet):
    """Schema-Guided Dialogue: what a tool gave back exchanged for another conversation's, under the same answer."""

    name: ClassVar[str] = "exchanged_results_sgd"
    files: ClassVar[tuple[str, ...]] = ("conversations_sgd_assistant_dev",)
    judges: ClassVar[tuple[str, ...]] = ("tool_correctness",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give one answer of each conversation, with its results and with others."""
        dice = Random(SEED)  # noqa: S311 - the same cases each time
        talks = [turns_of(record) for record in held_back(data, self.files[0])]
        results: dict[str, list[str]] = {}
        for call in (call for talk in talks for turn in talk for call in turn.tool_calls):
            results.setdefault(call.name, []).append(call.result)
        for talk in talks:
            answered = [turn for turn in talk if turn.tool_calls and turn.output_text]
            if answered:
                turn = dice.choice(answered)
                calls = [replace(call, result=dice.choice(results[call.name])) for call in turn.tool_calls]
                yield Case((turn,), False, name=turn.trace_id)
                yield Case((replace(turn, tool_calls=calls),), True, name=turn.trace_id)
