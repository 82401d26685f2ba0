"""Obscene, hateful and ordinary language, for the head of the detector ``toxicity``."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from analytics.evaluate.split import is_held_back
from analytics.heads.sentences import spans_of_sentences
from analytics.heads.training.corpora import SEED, Example, records

FILES: Final = {
    "toxicity_davidson_dev": "MIT", "toxicity_surge_dev": "MIT", "toxicity_convabuse_dev": "CC-BY-4.0",
    "resource_profanity_lexicon": "MIT", "conversations_arena_hard_dev": "Apache-2.0", "rag_halueval_general_dev": "MIT",
    "conversations_tm4_coffee_dev": "CC-BY-4.0", "topics_multidogo_dev": "CDLA-Permissive-1.0",
    "degenerate_wildbench_dev": "Apache-2.0", "emotion_goemotions_dev": "Apache-2.0", "rag_begin_dev": "CC-BY-4.0",
}  # fmt: skip
"""Files that the head is trained on, with their licences."""
_MOST: Final = 5000
ORDINARY: Final = ("conversations", "rag_", "topics_", "degenerate")
"""Names of files whose texts are ordinary: the score's middle is set on them."""
_CALM: Final = {"admiration", "gratitude", "curiosity", "caring", "optimism", "approval", "realization", "relief"}
_FRAMES = ("{}", "you {}", "you are such a {}", "what a {}", "shut up {}", "these {}s are everywhere", "{} off", "go {} yourself",
           "I hate that {}", "{} you", "he is a {} and she knows it", "a bunch of {}")  # fmt: skip
_SURGE: Final = 6
"""Weight of the one set whose insults are not those of a decade ago; .889 AUROC there without it, .91 with it."""
_PLAIN: Final = 6000
"""Ordinary words in the frames of the lexicon."""
_GRAVE: Final = 1.8
"""Severity, of 3, from which on a word of the lexicon is obscene by itself."""


def toxicity(data: Path, held_back: bool = False) -> list[Example]:
    """Texts for the head; the part to train on, or the part that is held back."""
    found: list[Example] = []
    for name in FILES:
        dice = random.Random(SEED)
        if name == "resource_profanity_lexicon":
            # A list of words and no test set: all of it is for training.
            found += [] if held_back else [one for word in records(data, name) for one in _of_word(word, dice)]
            continue
        kept = [one for one in records(data, name) if is_held_back(one["id"]) == held_back]
        dice.shuffle(kept)
        times = _SURGE if name == "toxicity_surge_dev" and not held_back else 1
        found += [one for record in kept for one in _texts(name, record)][:_MOST] * times
    if not held_back:
        # The same frames around ordinary words: it is the word that counts, not "you" or "off".
        dice = random.Random(SEED + 3)
        words = [word for one in found if not one.label for word in one.text.split() if word.isalpha()]
        for _ in range(_PLAIN):
            found.append(Example(dice.choice(_FRAMES).format(dice.choice(words)), False, "rag_written"))
    return found


def _of_word(word: dict[str, Any], dice: random.Random) -> Iterator[Example]:
    if word["labels"]["severity"] >= _GRAVE:
        for frame in dice.sample(_FRAMES, 3):
            yield Example(frame.format(word["text"]), True, "lexicon")


def _texts(name: str, record: dict[str, Any]) -> Iterator[Example]:
    labels = record.get("labels") or {}
    if name == "toxicity_convabuse_dev":
        said = [turn["content"] for turn in record["turns"] if turn["role"] == "user" and turn.get("content")]
        yield Example(said[-1] if said else "", bool(labels["toxic"]), name)
    elif name.startswith("toxicity"):
        yield Example(record["text"], bool(labels["toxic"]), name)
    elif name == "emotion_goemotions_dev":
        if set(labels.get("emotions") or ()) <= _CALM and labels.get("emotions"):
            yield Example(record["text"], False, name)
    elif record["kind"] == "conversation":
        for turn in record["turns"]:
            if turn["role"] == "assistant" and turn.get("content"):
                yield from _lines(turn["content"], name)
    else:
        yield from _lines(record.get("response") or record.get("text") or "", name)


def _lines(text: str, name: str) -> Iterator[Example]:
    """The sentences of an ordinary text, as the detector reads them."""
    for start, end in spans_of_sentences(text)[:12]:
        yield Example(text[start:end], False, name)
