"""Ordinary answers: what is flagged among them is, with few exceptions, a false flag."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from analytics.evaluate.base import Case, LabelledSet, held_back, turns_of


class _Answers:
    """Every exchange of ordinary conversations."""

    files: ClassVar[tuple[str, ...]]

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each exchange that has an answer."""
        for file in self.files:
            for record in held_back(data, file):
                for turn in turns_of(record):
                    if turn.output_text.strip():
                        yield Case((turn,), False, name=record["id"])


class ArenaHard(_Answers, LabelledSet):
    """Answers of strong models to hard prompts: code, tables, lists, stories, many languages."""

    name: ClassVar[str] = "ordinary_arena_hard"
    files: ClassVar[tuple[str, ...]] = ("conversations_arena_hard_dev",)


class SchemaGuided(_Answers, LabelledSet):
    """Turns of a virtual assistant over twenty services."""

    name: ClassVar[str] = "ordinary_sgd"
    files: ClassVar[tuple[str, ...]] = ("conversations_sgd_assistant_dev",)


class Coffee(_Answers, LabelledSet):
    """Turns of a coffee-ordering assistant with tool calls."""

    name: ClassVar[str] = "ordinary_coffee"
    files: ClassVar[tuple[str, ...]] = ("conversations_tm4_coffee_dev",)


class Airline(_Answers, LabelledSet):
    """Turns of an airline's support agent with tool calls."""

    name: ClassVar[str] = "ordinary_airline"
    files: ClassVar[tuple[str, ...]] = ("conversations_taubench_airline_dev",)


class RedTeamed(_Answers, LabelledSet):
    """Turns of a weak assistant with crowd workers, many of whom try to get harm out of it."""

    name: ClassVar[str] = "ordinary_hh"
    provoked: ClassVar[tuple[str, ...]] = ("refusal", "toxicity")
    files: ClassVar[tuple[str, ...]] = ("conversations_hh_assistant_dev",)


class GeneralAnswers(LabelledSet):
    """ChatGPT's answers to general instructions."""

    name: ClassVar[str] = "ordinary_halueval"
    files: ClassVar[tuple[str, ...]] = ("rag_halueval_general_dev",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each question with its answer."""
        for record in held_back(data, self.files[0]):
            yield Case(turns_of(record), False, name=record["id"])


class FineAnswers(LabelledSet):
    """Answers of weak models that a judge found fine."""

    name: ClassVar[str] = "ordinary_wildbench"
    files: ClassVar[tuple[str, ...]] = ("degenerate_wildbench_dev",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each answer called `ok`."""
        for record in held_back(data, self.files[0]):
            if record["labels"]["degenerate_kind"] == "ok":
                yield Case(turns_of(record, as_answer=True), False, name=record["id"])
