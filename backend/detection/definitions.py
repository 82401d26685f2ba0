"""What an own detector is made of, read from outside and held to its limits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import msgspec
import re2

from backend.errors import BadRequest

PREFIX: Final = "own_"
"""Begins the names of own detectors, so that none is ever called like one that comes with the product."""
PLACES: Final = ("user", "answer", "document", "tool")
SEVERITIES: Final = ("low", "medium", "high")
MOST_PATTERN: Final = 1000
MOST_WORDS: Final = 1000
MOST_WORD: Final = 200
MOST_WORDS_TEXT: Final = 20_000
MOST_EXPLANATION: Final = 300
_MEMORY: Final = 8 * 1024 * 1024
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,38}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Wording:
    """Words or one pattern that are looked for.

    Attributes:
        places: where: any of ``PLACES``.
        words: keywords, matched as they stand; empty where there is a pattern.
        pattern: regular expression in RE2's syntax; empty where there are words.
        is_case_sensitive: whether capitals matter.
        is_whole: whether a keyword must stand between characters that are no letters or digits.
        severity: of a match.
        explanation: what a match means, for people.
    """

    places: tuple[str, ...]
    words: tuple[str, ...] = ()
    pattern: str = ""
    is_case_sensitive: bool = False
    is_whole: bool = True
    severity: str = "medium"
    explanation: str = ""

    @property
    def version(self) -> str:
        """Names the definition: another one has another version."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:8]

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        found = asdict(self)
        return {**found, "places": list(self.places), "words": list(self.words)}


def wording(given: Mapping[str, Any]) -> Wording:
    """Read words or a pattern.

    Raises:
        BadRequest: something is missing, too long or no pattern; the message says what, where and the limit.
    """
    try:
        found = msgspec.convert(dict(given), Wording)
    except msgspec.ValidationError as fault:
        raise BadRequest(f"the definition cannot be read: {fault}") from None
    _check_common(found.places, found.severity, found.explanation)
    if bool(found.words) == bool(found.pattern):
        raise BadRequest("give either keywords or a pattern, not both and not neither")
    if found.words:
        _check_words(found.words)
    else:
        _check_pattern(found)
    return found


def compiled(found: Wording) -> Any:
    """The engine that looks for it: linear in the text, so no pattern and no text can make it hang."""
    options = re2.Options()
    options.case_sensitive = found.is_case_sensitive
    options.max_mem = _MEMORY
    options.log_errors = False
    options.longest_match = bool(found.words)
    text = "|".join(re2.escape(word) for word in found.words) if found.words else found.pattern
    return re2.compile(text, options)


def own_name(text: str) -> str:
    """The name of an own detector from what a person calls it, with its prefix.

    Raises:
        BadRequest: it is no name.
    """
    bare = text.strip().lower().replace(" ", "_").replace("-", "_").removeprefix(PREFIX)
    if not _NAME.fullmatch(bare):
        raise BadRequest("the name needs 3 to 40 letters a to z, digits and _, and begins with a letter")
    return PREFIX + bare


def _check_common(places: Sequence[str], severity: str, explanation: str) -> None:
    unknown = [place for place in places if place not in PLACES]
    if unknown or not places:
        raise BadRequest(f"choose where to look: one or more of {', '.join(PLACES)}")
    if severity not in SEVERITIES:
        raise BadRequest(f"severity is {severity[:20]!r}; it must be low, medium or high")
    if len(explanation) > MOST_EXPLANATION:
        raise BadRequest(f"the explanation has {len(explanation)} characters; the limit is {MOST_EXPLANATION}")


def _check_words(words: Sequence[str]) -> None:
    if len(words) > MOST_WORDS:
        raise BadRequest(f"there are {len(words):,} keywords; the limit is {MOST_WORDS:,}")
    if any(not word.strip() or "\n" in word for word in words):
        raise BadRequest("a keyword is empty or has a line break; one keyword stands on one line")
    longest = max(words, key=len)
    if len(longest) > MOST_WORD:
        raise BadRequest(f"the keyword {longest[:30]!r}… has {len(longest)} characters; the limit is {MOST_WORD}")
    total = sum(map(len, words))
    if total > MOST_WORDS_TEXT:
        raise BadRequest(f"the keywords have {total:,} characters together; the limit is {MOST_WORDS_TEXT:,}")


def _check_pattern(found: Wording) -> None:
    if len(found.pattern) > MOST_PATTERN:
        raise BadRequest(f"the pattern has {len(found.pattern):,} characters; the limit is {MOST_PATTERN:,}")
    try:
        engine = compiled(found)
    except re2.error as fault:
        said = fault.args[0] if fault.args else fault
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise BadRequest(f"the pattern is not in RE2's syntax: {text[:200]}") from None
    if engine.search(""):
        raise BadRequest("the pattern matches an empty text, so it would flag every turn")
