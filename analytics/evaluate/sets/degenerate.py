"""Answers of weak models that are empty, run in circles or are cut off."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from analytics.evaluate.base import Case, LabelledSet, held_back, turns_of

_CUT_MARK = re.compile(r"\.\.\. \(truncated\)$")  # added by the benchmark when it cut an answer for its judge


class _Degenerate:
    """Answers of one kind against those called fine."""

    files: ClassVar[tuple[str, ...]] = ("degenerate_wildbench_dev",)
    kind: ClassVar[str]

    def cases(self, data: Path) -> Iterator[Case]:
        """Give answers of the kind, and fine ones."""
        for record in held_back(data, self.files[0]):
            kind = record["labels"]["degenerate_kind"]
            if kind in {self.kind, "ok"}:
                whole = {**record, "text": _CUT_MARK.sub("", record["text"])}
                model = record["meta"]["model"] if kind == self.kind else ""
                yield Case(turns_of(whole, as_answer=True), kind == self.kind, model, record["id"])


class EmptyAnswers(_Degenerate, LabelledSet):
    """WildBench: answers without a word against fine ones."""

    name: ClassVar[str] = "wildbench_empty"
    judges: ClassVar[tuple[str, ...]] = ("empty",)
    kind: ClassVar[str] = "empty"


class Loops(_Degenerate, LabelledSet):
    """WildBench: answers that a rule and a judge call repetitive against fine ones."""

    name: ClassVar[str] = "wildbench_repetition"
    judges: ClassVar[tuple[str, ...]] = ("repetition",)
    kind: ClassVar[str] = "repetition"


class CutOff(_Degenerate, LabelledSet):
    """WildBench: answers that a judge calls cut off (a weak label) against fine ones; no finish reason is known."""

    name: ClassVar[str] = "wildbench_truncated"
    judges: ClassVar[tuple[str, ...]] = ("truncated",)
    kind: ClassVar[str] = "truncated"
