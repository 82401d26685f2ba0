"""Training texts: development records that nothing is reported on, by name and licence, and texts written for Assay."""

from __future__ import annotations

import gzip
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from analytics.evaluate.split import is_held_back
from analytics.heads.training.techniques import TECHNIQUES, innocent

SEED: Final = 20261126
_EACH: Final = 220
"""Texts written of each technique."""
_INNOCENT: Final = 1600


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text.

    Attributes:
        family: what may be left out as a whole.
        document: what it is a line of, where several are judged together; else empty.
    """

    text: str
    label: bool
    family: str
    document: str = ""


def records(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """Every record of a file of the development data."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield msgspec.json.decode(line)


def digest(data: Path, name: str) -> str:
    """sha256 of a file, for the manifest."""
    return hashlib.sha256((data / f"{name}.jsonl.gz").read_bytes()).hexdigest()


INJECTION_FILES: Final = {
    "jailbreak_inthewild_dev": "MIT", "jailbreak_jbb_dev": "MIT", "benign_prompts_dev": "Apache-2.0",
    "safety_xstest_dev": "CC-BY-4.0", "conversations_arena_hard_dev": "Apache-2.0", "conversations_hh_assistant_dev": "MIT",
    "conversations_tm4_coffee_dev": "CC-BY-4.0", "conversations_taubench_airline_dev": "MIT",
    "topics_banking77_train": "CC-BY-4.0", "topics_clinc150_trainval": "CC-BY-3.0",
    "topics_multidogo_dev": "CDLA-Permissive-1.0", "rag_halueval_general_dev": "MIT",
    "conversations_asb_agents_dev": "MIT", "toxicity_convabuse_dev": "CC-BY-4.0",
}  # fmt: skip
"""Files that the head of direct injection is trained on, with their licences."""
_MOST_OF_A_FILE: Final = 1500


def injection(data: Path, held_back: bool = False) -> list[Example]:
    """Prompts for the head of direct injection; the part to train on, or the part that is held back."""
    found: list[Example] = []
    for name in INJECTION_FILES:
        dice = random.Random(SEED)
        kept = [one for one in records(data, name) if is_held_back(one["id"]) == held_back]
        dice.shuffle(kept)
        found += [one for record in kept[: 10 * _MOST_OF_A_FILE] for one in _prompts(name, record)][:_MOST_OF_A_FILE]
    dice = random.Random(SEED + 1 + held_back)
    if not held_back:
        for technique, write in TECHNIQUES.items():
            found += [Example(write(dice), True, f"written:{technique}") for _ in range(_EACH)]
        found += [Example(innocent(dice), False, "written:innocent") for _ in range(_INNOCENT)]
        # Attacks come inside ordinary messages too, before or after what else is asked.
        ordinary = [one.text for one in found if not one.label and len(one.text) < 800]
        for technique, write in TECHNIQUES.items():
            for _ in range(_EACH // 4):
                parts = [dice.choice(ordinary), write(dice)]
                dice.shuffle(parts)
                found.append(Example(dice.choice((" ", "\n\n", "\n")).join(parts), True, f"written:{technique}"))
    return found


def _prompts(name: str, record: dict[str, Any]) -> Iterator[Example]:
    labels, meta = record.get("labels") or {}, record.get("meta") or {}
    if name.startswith("jailbreak"):
        family = str(meta.get("method") or "in the wild")
        text = record.get("text") or record["turns"][0]["content"]
        yield Example(text, True, family)
    elif record["kind"] == "conversation":
        if labels.get("attack_type") == "direct_injection":
            return  # its goal is an attacker's tool, worded as the task itself
        for turn in record["turns"]:
            if turn["role"] == "user" and turn.get("content"):
                yield Example(turn["content"], False, name)
    else:
        text = record.get("text") or record.get("question") or ""
        if text:
            yield Example(text, False, name)
