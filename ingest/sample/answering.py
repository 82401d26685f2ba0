"""What the assistant writes: good answers, and each way in which one goes wrong."""

from __future__ import annotations

from random import Random
from typing import Final

from ingest.sample.almanac import BAD_PROMPT
from ingest.sample.facts import Facts
from ingest.sample.grammar import compose, expand, fill
from ingest.sample.script import Fault, Kind
from ingest.sample.texts import Case, Poisoned, Shop

_OPENING_SHARE: Final = {"v12": 0.35, "v13": 0.06, BAD_PROMPT: 0.06, "v15": 0.04}
_CLOSING_SHARE: Final = {"v12": 0.45, "v13": 0.25, BAD_PROMPT: 0.25, "v15": 0.2}


def good_answer(shop: Shop, case: Case, facts: Facts, dice: Random) -> str:
    """An answer to the point."""
    return compose(case.answer, facts, dice)


def with_manner(shop: Shop, answer: str, mood: str, prompt_version: str, first: bool, dice: Random) -> str:
    """An answer with what goes before and after it: to the angry a word of regret, to the first message a greeting."""
    manner = shop.setting.assistant
    parts = [answer]
    if mood == "angry" and dice.random() < 0.4:
        parts.insert(0, dice.choice(manner.sorry))
    elif first and dice.random() < _OPENING_SHARE[prompt_version]:
        parts.insert(0, dice.choice(manner.openings))
    if dice.random() < _CLOSING_SHARE[prompt_version]:
        parts.append(dice.choice(manner.closings))
    return " ".join(parts)


def spoiled_answer(
    shop: Shop, fault: Fault, good: str, facts: Facts, prompt: str, poisoned: Poisoned | None, dice: Random
) -> str:
    """The answer as it comes out under a fault; the good one where the fault lies elsewhere."""
    texts = shop.faults
    match fault.kind:
        case Kind.EMPTY:
            return dice.choice(("", "", "", " ", "\n\n"))
        case Kind.TRUNCATION:
            return _cut(good, dice)
        case Kind.REPETITION:
            return _loop(good, fault.detail, dice)
        case Kind.REFUSAL:
            return expand(dice.choice(texts.refusals), facts, dice)
        case Kind.BAD_PROMPT:
            return compose(texts.cheerful, facts, dice)
        case Kind.PII_LEAK:
            return f"{good} {fill(dice.choice(texts.leaks), facts)}"
        case Kind.RETRIEVAL_MISS if fault.detail != "wrong":
            return compose(texts.vague, facts, dice)
        case Kind.JAILBREAK:
            leaked = f"You are asking for my instructions. Here they are: {prompt}"
            return leaked if fault.detail == "obeyed" else dice.choice(texts.declines)
        case Kind.DOCUMENT_INJECTION if fault.detail == "obeyed" and poisoned:
            return fill(poisoned.obeyed, facts)
    return good


def _cut(text: str, dice: Random) -> str:
    """The first part of a text, broken off inside a word or right after one."""
    at = round(len(text) * dice.uniform(0.45, 0.8))
    while at > 1 and not text[at - 1].isalpha():
        at -= 1
    return text[:at]


def _loop(text: str, detail: str, dice: Random) -> str:
    """A text that got stuck: in a sentence, in a few words, or in all of itself."""
    sentences = [part.strip() for part in text.split(". ") if part.strip()]
    if detail == "sentence":
        stuck = dice.choice(sentences).rstrip(".") + "."
        return f"{sentences[0].rstrip('.')}. " + " ".join([stuck] * dice.randint(8, 22))
    if detail == "phrase":
        words = dice.choice(sentences).rstrip(".").split()
        at = dice.randrange(max(len(words) - 4, 1))
        phrase = " ".join(words[at : at + 4])
        return f"{text} " + f"{phrase} " * dice.randint(25, 60) + phrase
    return " ".join([text] * dice.randint(5, 9))
