"""Prompts that attack the model's instructions, against what people ordinarily ask."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from analytics.evaluate.base import Case, LabelledSet, answered, held_back

_ORDINARY = (
    "benign_prompts_dev", "conversations_arena_hard_dev", "topics_banking77_train", "topics_clinc150_trainval",
    "topics_multidogo_dev", "conversations_hh_assistant_dev", "conversations_tm4_coffee_dev",
    "conversations_taubench_airline_dev", "rag_halueval_general_dev", "toxicity_convabuse_dev",
)  # fmt: skip
_MOST = 1200


class Jailbreaks(LabelledSet):
    """Jailbreaks in the wild and of JailbreakBench, by family, against prompts of ten ordinary sources."""

    name: ClassVar[str] = "injection_jailbreaks"
    files: ClassVar[tuple[str, ...]] = ("jailbreak_inthewild_dev", "jailbreak_jbb_dev", *_ORDINARY)
    judges: ClassVar[tuple[str, ...]] = ("injection",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each held-back attack, and at most 1,200 messages of each ordinary source."""
        for file in self.files[:2]:
            for record in held_back(data, file):
                text = record.get("text") or record["turns"][0]["content"]
                family = (record.get("meta") or {}).get("method") or "in the wild"
                yield Case((answered(text, ""),), True, str(family), record["id"])
        for file in _ORDINARY:
            texts = (text for record in held_back(data, file) for text in _asked(record))
            for place, text in zip(range(_MOST), texts, strict=False):
                yield Case((answered(text, ""),), False, file, f"{file}:{place}")


class Contrast(LabelledSet):
    """XSTest: requests that sound unsafe, none of which attacks the instructions."""

    name: ClassVar[str] = "injection_xstest"
    files: ClassVar[tuple[str, ...]] = ("safety_xstest_dev",)
    judges: ClassVar[tuple[str, ...]] = ("injection",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each held-back prompt."""
        for record in held_back(data, self.files[0]):
            yield Case((answered(record["text"], ""),), False, "", record["id"])


def _asked(record: dict[str, Any]) -> list[str]:
    if record["kind"] == "conversation":
        return [turn["content"] for turn in record["turns"] if turn["role"] == "user" and turn.get("content")]
    return [record.get("text") or record.get("question") or ""]
