"""Orders planted in what was retrieved and in what tools gave back, against the same without them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from analytics.evaluate.base import Case, LabelledSet, held_back, turns_of


class Bipia(LabelledSet):
    """BIPIA: attacks inserted into tables and answers about code, by category, against the same texts without them."""

    name: ClassVar[str] = "planted_bipia"
    files: ClassVar[tuple[str, ...]] = ("injection_bipia_train",)
    judges: ClassVar[tuple[str, ...]] = ("indirect_injection",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each held-back text with its attack and with it cut out, and those that never had one."""
        for record in held_back(data, self.files[0]):
            labels = record["labels"]
            yield Case(turns_of(record), labels["attack"], labels.get("category") or "", record["id"])
            if labels["attack"]:
                yield Case(turns_of({**record, "text": _without(record)}), False, "", record["id"])


def _without(record: dict[str, Any]) -> str:
    text: str = record["text"]
    for span in sorted(record["labels"]["spans"], key=lambda one: -one["start"]):
        text = text[: span["start"]] + text[span["end"] :]
    return text


class AgentSecurityBench(LabelledSet):
    """Agent Security Bench: agents whose tool results hold an order, by model, against those whose do not."""

    name: ClassVar[str] = "planted_asb"
    files: ClassVar[tuple[str, ...]] = ("conversations_asb_agents_dev",)
    judges: ClassVar[tuple[str, ...]] = ("indirect_injection",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each held-back run in which a tool gave something back."""
        for record in held_back(data, self.files[0]):
            if any(turn["role"] == "tool" and turn.get("content") for turn in record["turns"]):
                label = bool(record["labels"].get("injected_spans"))
                yield Case(turns_of(record), label, record["meta"]["model"] if label else "", record["id"])


class OrdinaryDocuments(LabelledSet):
    """Passages, e-mails, news, podcasts and dialogues that were retrieved or summarised, none with a planted order."""

    name: ClassVar[str] = "planted_ordinary"
    files: ClassVar[tuple[str, ...]] = ("rag_attributionbench_dev", "rag_begin_dev", "rag_summedits_dev")
    judges: ClassVar[tuple[str, ...]] = ("indirect_injection",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each held-back question with its documents once."""
        seen: set[tuple[str, ...]] = set()
        for file in self.files:
            for record in held_back(data, file):
                documents = tuple(record["context"])
                if any(documents) and documents not in seen:
                    seen.add(documents)
                    yield Case(turns_of(record), False, "", record["id"])
