"""Kinds that redaction alone looks for: what a detector would flag too often costs little when it is masked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from backend.sensitive.personal_kinds import is_card


@dataclass(frozen=True, slots=True)
class ExtraKind:
    """One kind.

    Attributes:
        name: in words.
        word: of its token.
        gate: pattern of RE2 that finds whatever ``pattern`` finds, and more.
        pattern: what it looks like; group ``v`` is the datum itself.
        check: whether a value of the shape is one.
    """

    name: str
    word: str
    gate: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] = bool


_NAMES: Final = (
    "passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key|client[_-]?secret"
    "|(?:access|refresh|auth|bearer|session|id)[_-]?token|authorization|cookie"
)
SECRET_NAME: Final = re.compile(rf"(?i)(?:{_NAMES})$")
"""Names of fields whose values are secret, whatever they look like."""

SECRET_NAME_GATE: Final = rf"(?i)(?:{_NAMES})[\"\\]{{0,8}}\s*:"

KINDS: Final = (
    ExtraKind(
        "an e-mail address in a word or path",
        "EMAIL",
        "@",
        re.compile(r"(?P<v>[\w.+%-][\w.+%'-]{0,63}@(?:[\w-]{1,63}\.){1,5}[^\W\d_]{2,18})"),
    ),
    ExtraKind(
        "a payment card in a word or path",
        "CARD",
        r"\p{Nd}(?:[ -]?\p{Nd}){12}",
        re.compile(r"(?<![^\W_])(?<!\d[.,])(?P<v>\d(?:[ -]?\d){12,18})(?![^\W_]|\.\d)"),
        is_card,
    ),
    ExtraKind(
        "an e-mail address in a URL",
        "EMAIL",
        "(?i)%40",
        re.compile(r"(?i)(?P<v>[\w.+-]{1,64}%40(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,18})(?![\w@])"),
    ),
    ExtraKind(
        "a credential of a header",
        "SECRET",
        r"(?i)bearer|basic",
        re.compile(r"(?i)(?<![a-z0-9])(?:bearer|basic)\s{1,3}(?P<v>[\w~+/.-]{16,}={0,2})"),
    ),
)
