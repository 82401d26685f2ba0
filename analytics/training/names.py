"""Train the finder of names and addresses: ``python -m analytics.training.names --data DIR``.

Sentences are those of ``texts/names.toml``, written for Assay, with names, towns and streets of Faker (MIT) in them;
ordinary text without any listed name teaches what is none. Nothing of Presidio is read. Needs the two packages of
``requirements-training.txt`` (Faker and python-crfsuite, MIT both); the model card is docs/heads/names.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from analytics.evaluate.base import records, turns_of
from analytics.evaluate.split import is_held_back
from analytics.training.faked import LOCALES, Faked, lists
from backend.names.features import COMMON, FIRST, LAST, LISTS, STREET, WEIGHTS, Word, features, fold, words

SEED: Final = 20261128
ORDINARY: Final = (
    "conversations_arena_hard_dev", "rag_halueval_general_dev", "conversations_tm4_coffee_dev",
    "conversations_taubench_airline_dev", "topics_multidogo_dev", "topics_banking77_train",
)  # fmt: skip
VOCABULARY: Final = (
    *ORDINARY,
    "emotion_goemotions_dev",
    "conversations_hh_assistant_dev",
    "rag_summedits_dev",
    "topics_clinc150_trainval",
)
_EACH: Final = 70
"""Sentences made of each that names somebody."""
_PLAIN: Final = 50
_NEGATIVES: Final = 9_000
_DROPPED: Final = 0.4
"""Share of names that are taken off the lists for a sentence: most of the world's names are on none."""
_SLOT: Final = re.compile(r"\{([A-Z])\}")
_MARKED: Final = {
    "P": "PER",
    "F": "PER",
    "L": "PER",
    "T": "PER",
    "A": "ADR",
    "B": "ADR",
    "S": "ADR",
    "C": "LOC",
    "K": "LOC",
    "W": "ADR",
}


def filled(template: str, faked: Faked, dice: random.Random) -> tuple[str, list[tuple[int, int, str]]]:
    """Fill a template; give the text and where what stands in it."""
    text, spans, done = "", [], 0
    locale = dice.choice(LOCALES)
    for slot in _SLOT.finditer(template):
        text += template[done : slot.start()]
        value, skip = faked.value(slot[1], locale if dice.random() < 0.8 else dice.choice(LOCALES))
        if kind := _MARKED.get(slot[1]):
            spans.append((len(text) + skip, len(text) + len(value), kind))
        text += value
        done = slot.end()
    text += template[done:]
    if dice.random() < 0.12:
        text = text.lower() if len(text.lower()) == len(text) else text
    return text, spans


def labelled(found: Sequence[Word], spans: Sequence[tuple[int, int, str]]) -> list[str]:
    """Label each word with the beginning or inside of what it stands in."""
    labels = ["O"] * len(found)
    for start, end, kind in spans:
        inside = [place for place, word in enumerate(found) if start <= word.start and word.end <= end]
        for place in inside:
            labels[place] = f"{'B' if place == inside[0] else 'I'}-{kind}"
    return labels


def common(data: Path) -> set[str]:
    """Words that ordinary text writes, and mostly in lower case, three times or more."""
    counts: Counter[str] = Counter()
    written: Counter[str] = Counter()
    for text in texts(data, VOCABULARY):
        cut = re.findall(r"(?<![^\W_])[^\W\d_]+", text[:3_000])
        counts.update(one for one in cut if one.islower())
        written.update(one.lower() for one in cut)
    return {fold(word) for word, count in counts.items() if count >= 3 and 2 * count >= written[word]}


def texts(data: Path, files: Sequence[str] = ORDINARY) -> Iterator[str]:
    """Ordinary text that is not held back."""
    for file in files:
        for record in records(data, file):
            if is_held_back(record["id"]):
                continue
            if record.get("text"):
                yield record["text"]
                continue
            for turn in turns_of(record):
                yield turn.input_text
                yield turn.output_text


def nameless(data: Path, known: dict[str, int], dice: random.Random) -> list[str]:
    """Paragraphs of ordinary text that hold no capital word of a list of names, and no street with a number."""
    found = []
    for text in texts(data):
        for part in re.split(r"\n\s*\n", text[:4_000]):
            cut = words(part[:600], known)
            listed = [word for word in cut if word.lists & (FIRST | LAST) and not word.lists & COMMON]
            if len(cut) > 3 and not listed and not _has_street(cut):
                found.append(part[:600])
    dice.shuffle(found)
    return found[:_NEGATIVES]


def _has_street(cut: Sequence[Word]) -> bool:
    streets = [place for place, word in enumerate(cut) if word.lists & STREET]
    return any(word.shape[:1] == "d" for place in streets for word in cut[max(0, place - 4) : place + 3])


def sentences() -> dict[str, Any]:
    """What was written for Assay to train on."""
    with (Path(__file__).parent / "texts" / "names.toml").open("rb") as file:
        return tomllib.load(file)


def examples(data: Path, known: dict[str, int]) -> Iterator[tuple[list[list[str]], list[str]]]:
    """Features and labels of every training sentence."""
    dice = random.Random(SEED)  # noqa: S311 - no cryptography
    faked, kept = Faked(dice), sentences()
    faked.things, faked.verbs, faked.syllables = kept["things"], kept["verbs"], kept["syllables"].split()
    for templates, each in ((kept["said"], _EACH), (kept["plain"], _PLAIN)):
        for template in templates:
            for _ in range(each):
                joined = [template] if dice.random() < 0.7 else [template, dice.choice(kept["plain"])]
                dice.shuffle(joined)
                text, spans = filled(dice.choice((" ", "\n")).join(joined), faked, dice)
                found = [_unlisted(word, spans, dice) for word in words(text, known)]
                yield [features(found, place) for place in range(len(found))], labelled(found, spans)
    for text in nameless(data, known, dice):
        found = words(text, known)
        yield [features(found, place) for place in range(len(found))], ["O"] * len(found)


def _unlisted(word: Word, spans: Sequence[tuple[int, int, str]], dice: random.Random) -> Word:
    if word.lists & (COMMON | STREET) or not any(start <= word.start < end for start, end, _ in spans):
        return word
    return Word(word.start, word.end, word.key, word.shape, 0, word.ending) if dice.random() < _DROPPED else word


def main() -> None:
    """Train and write the weights."""
    import pycrfsuite

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, required=True)
    data = asked.parse_args().data
    named = lists(common(data), sentences()["streets"].split())
    known: dict[str, int] = {}
    for name, bit in LISTS.items():
        for word in named[name]:
            known[word] = known.get(word, 0) | bit
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": 0.4, "c2": 0.02, "max_iterations": 120, "feature.minfreq": 3})
    count = 0
    for rows, labels in examples(data, known):
        trainer.append(rows, labels)
        count += 1
    with tempfile.NamedTemporaryFile() as file:
        trainer.train(file.name)
        tagger = pycrfsuite.Tagger()
        tagger.open(file.name)
        write(tagger.info(), named)
    print(f"{count:,} sentences, {WEIGHTS.stat().st_size:,} bytes")


def write(info: Any, named: dict[str, list[str]], path: Path = WEIGHTS) -> None:
    """Write a trained chain: weights in hundredths, features that weigh less than five of them left out."""
    labels = sorted(info.labels)
    states: dict[str, list[int]] = {}
    for (name, label), weight in info.state_features.items():
        states.setdefault(name, [0] * len(labels))[labels.index(label)] = round(100 * weight)
    steps = [[round(100 * info.transitions.get((one, other), 0.0)) for other in labels] for one in labels]
    for place, one in enumerate(labels):
        for at, other in enumerate(labels):
            if other.startswith("I-") and one[2:] != other[2:]:
                steps[place][at] = -3_000
    kept = {name: row for name, row in sorted(states.items()) if max(map(abs, row)) >= 5}
    content = {
        "labels": labels,
        "steps": steps,
        "states": kept,
        "lists": {name: " ".join(named[name]) for name in LISTS},
    }
    path.write_bytes(gzip.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
