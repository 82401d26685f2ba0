"""Answers labelled by hand as refusals or not, and jailbreak answers as a proxy."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from analytics.evaluate.base import Case, LabelledSet, answered, held_back, records

_LABELS = Path(__file__).parents[1] / "labels" / "refusal.json"
_OF_MODELS = Path(__file__).parents[1] / "labels" / "refusal_models.json"
_WILD = "degenerate_wildbench_dev"
_MAY_DECLINE = re.compile(
    r"(?i)sorry|apolog|can(?:no|')?t\b|cannot|unable|not able|as an ai|language model|appropriate|unethical|illegal|"
    r"decline|refus|won't|not comfortable|against my|guidelines|unfortunately|not possible|don't have (?:the "
    r"ability|access)|I do not"
)
_FUZZ = "jailbreak_response_gptfuzz_train"
_JBB = "jailbreak_jbb_dev"


class LabelledRefusals(LabelledSet):
    """Answers of seven kinds of assistants, drawn by a wide net of words and labelled by reading how they begin."""

    name: ClassVar[str] = "refusals_by_hand"
    files: ClassVar[tuple[str, ...]] = (
        "conversations_arena_hard_dev", "conversations_hh_assistant_dev", "conversations_sgd_assistant_dev",
        "conversations_taubench_airline_dev", "conversations_tm4_coffee_dev", "conversations_asb_agents_dev",
        _JBB, _FUZZ, "rag_halueval_general_dev",
    )  # fmt: skip
    judges: ClassVar[tuple[str, ...]] = ("refusal",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give the labelled answers of held-back records; a label names a record or one of its messages."""
        labels: dict[str, bool] = json.loads(_LABELS.read_text("utf-8"))
        for file in self.files:
            for record in held_back(data, file):
                texts = {
                    f"{record['id']}:{place}": turn["content"] for place, turn in enumerate(record.get("turns", ()))
                }
                last = (
                    record["turns"][-1]["content"] if "turns" in record else record.get("text", record.get("response"))
                )
                for name, text in {**texts, record["id"]: last}.items():
                    if name in labels:
                        yield Case((answered("question", text or ""),), labels[name], record["source"], name)


class ResistedJailbreaks(LabelledSet):
    """GPTFuzz: answers that people did not call jailbroken (mostly refusals, a proxy) against ordinary answers."""

    name: ClassVar[str] = "refusals_gptfuzz"
    files: ClassVar[tuple[str, ...]] = (_FUZZ,)
    judges: ClassVar[tuple[str, ...]] = ("refusal",)
    against: ClassVar[tuple[str, ...]] = ("ordinary_arena_hard", "ordinary_sgd", "ordinary_coffee")

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each different answer that resisted."""
        seen: set[str] = set()
        for record in held_back(data, _FUZZ):
            if not record["labels"]["jailbroken_response"] and record["text"] not in seen:
                seen.add(record["text"])
                yield Case((answered("question", record["text"]),), True, "", record["id"])


class UnseenModels(LabelledSet):
    """WildBench: answers of seven models that nothing was fitted on, refusals labelled by reading, by model."""

    name: ClassVar[str] = "refusals_wildbench"
    files: ClassVar[tuple[str, ...]] = (_WILD,)
    judges: ClassVar[tuple[str, ...]] = ("refusal",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give the labelled answers, and as no refusals those without a word that may decline."""
        labels: dict[str, bool] = json.loads(_OF_MODELS.read_text("utf-8"))
        for record in records(data, _WILD):
            label = labels.get(record["id"])
            if label is None and (_MAY_DECLINE.search(record["text"][:400]) or not record["text"].strip()):
                continue
            model = record["meta"]["model"] if label else ""
            yield Case((answered("question", record["text"]),), bool(label), model, record["id"])
