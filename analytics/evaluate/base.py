"""What a labelled set is: one module that says which file, what its labels mean, and whose work they judge."""

from __future__ import annotations

import gzip
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from analytics.detectors.turn import Turn
from analytics.evaluate.split import is_held_back
from analytics.offline.exchanges import placed
from analytics.offline.record import record_of


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled item.

    Attributes:
        turns: what is judged; the highest score of them is the item's.
        label: whether there is something to find; of a score, whether that side of the answer is bad.
        group: what could be left out of training as a whole, such as a model or an attack family; else empty.
        name: id of the record it was made of.
    """

    turns: tuple[Turn, ...]
    label: bool
    group: str = ""
    name: str = ""


class LabelledSet(ABC):
    """Labelled items, of the held-back part of one or more files.

    The first line of a subclass's docstring says in the results what the labels are.

    Attributes:
        name: as results name it; file and label, in lower case with underscores.
        files: names of the files, without ``.jsonl.gz``; the set is passed over where one is missing.
        judges: detectors and scores whose findings the labels judge; empty for ordinary text, which judges all
            detectors by their false flags.
        against: sets of ordinary text whose items count as negatives, for sets that have only positives.
        provoked: detectors whose finds people were asked to provoke in this ordinary text; they are told apart.
    """

    name: ClassVar[str]
    files: ClassVar[tuple[str, ...]]
    judges: ClassVar[tuple[str, ...]] = ()
    against: ClassVar[tuple[str, ...]] = ()
    provoked: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def cases(self, data: Path) -> Iterator[Case]:
        """Give the items."""


def held_back(data: Path, file: str) -> Iterator[dict[str, Any]]:
    """Give the records of a file that nothing may be fitted on."""
    return (record for record in records(data, file) if is_held_back(record["id"]))


def records(data: Path, file: str) -> Iterator[dict[str, Any]]:
    """Give all records of a file."""
    with gzip.open(data / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def turns_of(record: dict[str, Any], *, as_answer: bool = False) -> tuple[Turn, ...]:
    """Make turns of a record just as ``manage.py analyze`` does.

    Args:
        record: one of the kinds ``conversation``, ``text``, ``qa`` and ``rag``.
        as_answer: whether the text of a record of kind ``text`` is an answer and not what a user said.
    """
    return tuple(one.turn for one in placed(record_of(json.dumps(record).encode(), 1, as_answer=as_answer)))


def answered(question: str, answer: str, name: str = "t") -> Turn:
    """Make a turn of a question and its answer."""
    return Turn(name, name, question, answer, "", "ok", "", "", "", "", 0, 0, ())
