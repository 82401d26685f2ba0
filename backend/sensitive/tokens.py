"""Tokens that take the place of what was masked: ``[EMAIL_kqtzm]``.

The letters follow from the value, the project's salt and the trace: one value has one token within a trace, also where
its parts come in several requests, and tokens of different traces or projects tell nothing about each other. Where a
value names a user or a conversation its token holds for the whole project, or they could not be told apart.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

_LETTERS: Final = "bcdfghjkmnpqrstvwxz"
"""Neither vowels, which make words, nor digits, which look like what was masked."""

_SHORT, _LONG = 5, 12
"""Letters of a token: 19**5 is 2.5 million, 19**12 more than users there are."""

TOKEN: Final = re.compile(rf"\[([A-Z][A-Z0-9_]{{1,29}})_([{_LETTERS}]{{{_SHORT}}}|[{_LETTERS}]{{{_LONG}}})\]")

_PLAIN: Final = re.compile(r"[\s().\-–/]+")

KIND_WORDS: Final = {
    "EMAIL": "e-mail address,e-mail addresses",
    "PHONE": "telephone number,telephone numbers",
    "CARD": "payment card,payment cards",
    "IBAN": "bank account (IBAN),bank accounts (IBAN)",
    "ACCOUNT": "bank account,bank accounts",
    "SSN": "social security number,social security numbers",
    "LICENCE": "driver’s licence,driver’s licences",
    "PASSPORT": "passport number,passport numbers",
    "ID_NUMBER": "identity or tax number,identity or tax numbers",
    "BIRTH_DATE": "date of birth,dates of birth",
    "IP": "IP address,IP addresses",
    "MAC": "hardware address,hardware addresses",
    "WALLET": "crypto wallet,crypto wallets",
    "API_KEY": "API key,API keys",
    "PRIVATE_KEY": "private key,private keys",
    "PASSWORD": "password,passwords",
    "SECRET": "credential,credentials",
    "PERSON": "name of a person,names of people",
    "ADDRESS": "postal address,postal addresses",
}
"""What a token's word stands for: one, many."""

OF_NAMES: Final = frozenset({"PERSON", "ADDRESS"})
"""Words of what is looked for only where a project asks for it."""


class Tokens:
    """Makes tokens for one trace of one project."""

    __slots__ = ("_named", "_project", "_trace")

    def __init__(self, salt: bytes, trace_id: str) -> None:
        """Derive the keys.

        Args:
            salt: of the project, at most 64 bytes.
            trace_id: within which one value has one token.
        """
        self._project = salt
        self._named: dict[bytes, str] = {}
        self._trace = hashlib.blake2b(trace_id.encode("utf-8", "replace"), key=salt, digest_size=32).digest()

    def of(self, word: str, value: str, *, identity: bool = False) -> str:
        """The token of a value.

        Args:
            word: what it is.
            value: it; capitals, spaces and dashes make no difference.
            identity: whether it names something across traces.
        """
        plain = word.encode() + b"\0" + _PLAIN.sub("", value).casefold().encode("utf-8", "replace")
        if plain in self._named:  # who is named as a user keeps that token in texts: it is one value, not two
            return self._named[plain]
        key, size = (self._project, _LONG) if identity else (self._trace, _SHORT)
        number = int.from_bytes(hashlib.blake2b(plain, key=key, digest_size=16).digest(), "big")
        letters = []
        for _ in range(size):
            number, place = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[place])
        token = f"[{word}_{''.join(letters)}]"
        if identity:
            self._named[plain] = token
        return token


Masked = dict[str, list[str] | int]
"""By word the letters of the tokens of its values, or how many there are where they are more than ``LISTED``."""

LISTED: Final = 40


def masked_in(texts: Iterable[str]) -> Masked:
    """What is masked in texts, by the tokens that stand there."""
    found: dict[str, dict[str, None]] = {}
    for text in texts:
        if "[" in text:
            for match in TOKEN.finditer(text):
                found.setdefault(match[1], {})[match[2]] = None
    return {word: list(letters) if len(letters) <= LISTED else len(letters) for word, letters in found.items()}


def counted(masked: Iterable[Masked]) -> dict[str, int]:
    """How many different values of each word are masked in several spans of a trace together, the most first.

    Where one lists none for their number, the largest number counts, which is the least that there can be.
    """
    letters: dict[str, set[str]] = {}
    numbers: dict[str, int] = {}
    for one in masked:
        for word, told in one.items():
            if isinstance(told, int):
                numbers[word] = max(numbers.get(word, 0), told)
            else:
                letters.setdefault(word, set()).update(told)
    words = {word: max(numbers.get(word, 0), len(letters.get(word, ()))) for word in {*letters, *numbers}}
    return dict(sorted(words.items(), key=lambda item: (-item[1], item[0])))
