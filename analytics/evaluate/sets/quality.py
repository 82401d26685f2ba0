"""Answers that people or a construction call bad in one way: unsupported, off the question, from wrong documents."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from analytics.evaluate.base import Case, LabelledSet, held_back, turns_of
from analytics.scores.meaning import vectors


class _Grounded:
    """Answers with sources, of which people said whether these carry them."""

    files: ClassVar[tuple[str, ...]]
    judges: ClassVar[tuple[str, ...]] = ("groundedness",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each answer that was labelled; a group is one part of the set."""
        for record in held_back(data, self.files[0]):
            grounded = record["labels"]["grounded"]
            if grounded is not None:
                yield Case(turns_of(record), not grounded, record["meta"]["subset"], record["id"])


class AttributionBench(_Grounded, LabelledSet):
    """AttributionBench: claims of generative search that their citations do not fully support, by people."""

    name: ClassVar[str] = "groundedness_attributionbench"
    files: ClassVar[tuple[str, ...]] = ("rag_attributionbench_dev",)


class Begin(_Grounded, LabelledSet):
    """BEGIN: replies of chatbots that their knowledge does not fully support, by people."""

    name: ClassVar[str] = "groundedness_begin"
    files: ClassVar[tuple[str, ...]] = ("rag_begin_dev",)


class SummEdits(_Grounded, LabelledSet):
    """SummEdits: edited summaries that contradict their document, by people; said to be not assessed."""

    name: ClassVar[str] = "groundedness_summedits"
    files: ClassVar[tuple[str, ...]] = ("rag_summedits_dev",)


class WrongDocuments(LabelledSet):
    """AttributionBench: the passages of the nearest other question put in place of the own."""

    name: ClassVar[str] = "retrieval_nearest_question"
    files: ClassVar[tuple[str, ...]] = ("rag_attributionbench_dev",)
    judges: ClassVar[tuple[str, ...]] = ("retrieval_relevance",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each question with its own passages and with those of the nearest other."""
        found = _once(held_back(data, self.files[0]))
        for record, other in zip(found, _nearest(found), strict=True):
            yield Case(turns_of(record), False, name=record["id"])
            swapped = {**record, "context": other["context"]}
            yield Case(turns_of(swapped), True, "", record["id"])


class SupportingDocuments(WrongDocuments):
    """AttributionBench: the same, only of questions whose own passages carry their answer, by people.

    The others' own passages are often about something else, too: they are what the answer cited, right or wrong.
    """

    name: ClassVar[str] = "retrieval_supporting_passages"

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each such question with its own passages and with those of the nearest of all others."""
        supported = {one["id"] for one in held_back(data, self.files[0]) if one["labels"]["grounded"]}
        return (case for case in super().cases(data) if case.name in supported)


class WrongAnswers(LabelledSet):
    """HaluEval prompts: the answer to the nearest other prompt put in place of the own."""

    name: ClassVar[str] = "relevance_nearest_question"
    files: ClassVar[tuple[str, ...]] = ("rag_halueval_general_dev",)
    judges: ClassVar[tuple[str, ...]] = ("relevance", "completeness", "off_topic")

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each question with its own answer and with that to the nearest other."""
        found = _once(held_back(data, self.files[0]))[:300]
        for record, other in zip(found, _nearest(found), strict=True):
            yield Case(turns_of(record), False, name=record["id"])
            yield Case(turns_of({**record, "response": other["response"]}), True, "", record["id"])


class RatedTurns(LabelledSet):
    """AB-ReDial: turns of a recommender that three people rate below 3 of 5 on average."""

    name: ClassVar[str] = "satisfaction_abredial_turns"
    files: ClassVar[tuple[str, ...]] = ("satisfaction_abredial_turns_dev",)
    judges: ClassVar[tuple[str, ...]] = ("satisfaction",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give the rated turn, which is the last one that was answered."""
        for record in held_back(data, self.files[0]):
            answered = [turn for turn in turns_of(record) if turn.output_text and turn.input_text]
            if answered:
                yield Case((answered[-1],), record["labels"]["dissatisfied"], name=record["id"])


class RatedChats(LabelledSet):
    """Topical-Chat: turns between people that the partner rates poor or not good; nobody was being served."""

    name: ClassVar[str] = "satisfaction_topicalchat"
    files: ClassVar[tuple[str, ...]] = ("satisfaction_topicalchat_dev",)
    judges: ClassVar[tuple[str, ...]] = ("satisfaction",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each exchange whose answer was rated."""
        for record in held_back(data, self.files[0]):
            ratings = [turn.get("turn_rating") for turn in record["turns"] if turn["role"] == "assistant"]
            for turn, rating in zip(turns_of(record), ratings, strict=False):
                if rating and turn.input_text and turn.later:
                    yield Case((turn,), rating in {"Poor", "Not Good"}, name=record["id"])


def _once(found: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """One record a question, those with words only."""
    return list({record["question"]: record for record in found if record["question"].strip()}.values())


def _nearest(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each record the one whose question is nearest."""
    rows = vectors([record["question"] for record in found])
    near = rows @ rows.T
    np.fill_diagonal(near, -1)
    return [found[place] for place in near.argmax(axis=1)]
