"""Templates: ``{slot}`` is a fact, ``[one|other|]`` a choice; and how real people spoil their spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"\b[a-z]{5,}\b")


def expand(template: str, facts: Mapping[str, str], dice: Random) -> str:
    """Choose among the alternatives and fill in the facts.

    Raises:
        KeyError: a slot names no fact.
    """
    text = template
    while _CHOICE.search(text):
        text = _CHOICE.sub(lambda match: dice.choice(match[1].split("|")), text, count=1)
    return fill(" ".join(text.split()), facts)


def fill(template: str, facts: Mapping[str, str]) -> str:
    """Fill in the facts and leave everything else alone."""
    return _SLOT.sub(lambda match: facts[match[1]], template)


def compose(parts: Sequence[Sequence[str]], facts: Mapping[str, str], dice: Random) -> str:
    """One alternative of each part, in order, as one text that starts with a capital letter."""
    chosen = [expand(dice.choice(part), facts, dice) for part in parts]
    text = " ".join(part for part in chosen if part)
    return text[:1].upper() + text[1:]


def misspell(text: str, dice: Random) -> str:
    """Spoil one to three longer words: two letters swapped, one lost or one doubled."""
    for _ in range(dice.randint(1, 3)):
        words = list(_WORD.finditer(text))
        if not words:
            break
        word = dice.choice(words)
        text = text[: word.start()] + _slip(word[0], dice) + text[word.end() :]
    return text


def hurried(text: str) -> str:
    """All lower case and without the full stop at the end."""
    return text.lower().rstrip(".!")


def _slip(word: str, dice: Random) -> str:
    at = dice.randint(1, len(word) - 3)
    slips: tuple[Callable[[], str], ...] = (
        lambda: word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        lambda: word[:at] + word[at + 1 :],
        lambda: word[:at] + word[at] + word[at:],
    )
    return dice.choice(slips)()
