"""The search field's grammar: text to tokens and back, and every token that cannot be meant, with the reason.

status:error model:gpt-4o* latency:>2s topic:"late parcels" -user:ann refund
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

Kind = Literal["word", "id", "choice", "duration", "money", "count"]


@dataclass(frozen=True, slots=True)
class Field:
    """One word that may stand before a colon.

    Attributes:
        kind: what its values are.
        text: what it means, for people.
        example: a token that works.
        choices: of a ``choice``.
    """

    kind: Kind
    text: str
    example: str
    choices: tuple[str, ...] = ()


FIELDS: Final[dict[str, Field]] = {
    "status": Field("choice", "how the trace ended", "status:error", ("ok", "error")),
    "model": Field("word", "a model that was asked for or answered", "model:gpt-4o*"),
    "provider": Field("word", "who runs the model", "provider:openai"),
    "operation": Field("word", "what a span did", "operation:retrieval"),
    "name": Field("word", "name of a span", "name:answer*"),
    "tool": Field("word", "a tool that ran", "tool:find_order"),
    "service": Field("word", "the service that sent it", "service:shop"),
    "env": Field("word", "environment", "env:production"),
    "release": Field("word", "release", "release:1.4*"),
    "tag": Field("word", "a tag", "tag:beta"),
    "prompt": Field("word", "name or name@version of a prompt", "prompt:answer@7"),
    "error": Field("word", "type of an error", "error:Timeout*"),
    "flag": Field("word", "a detector that found something", "flag:repetition"),
    "severity": Field("choice", "how grave a flag is", "severity:high", ("high", "medium", "low")),
    "source": Field(
        "choice", "where flagged words came from", "source:document", ("user", "document", "tool", "answer")
    ),
    "cause": Field("word", "a probable cause of a bad answer", "cause:retrieval_failed"),
    "topic": Field("word", "name or number of a topic", 'topic:"late parcels"'),
    "user": Field("id", "user id", "user:ann"),
    "conversation": Field("id", "conversation id", "conversation:c-17"),
    "trace": Field("id", "trace id", "trace:4bf92f*"),
    "latency": Field("duration", "from the first start to the last end", "latency:>2s"),
    "ttft": Field("duration", "time to first token", "ttft:>800ms"),
    "cost": Field("money", "cost in US dollars", "cost:>0.01"),
    "tokens": Field("count", "input and output tokens", "tokens:>1000"),
    "spans": Field("count", "number of spans", "spans:>20"),
    "has": Field(
        "choice", "what the trace has", "has:feedback",
        ("feedback", "flag", "security", "error", "retrieval", "tool", "topic", "verdict", "user"),
    ),
}  # fmt: skip
_SAME_WORD: Final = {"environment": "env", "session": "conversation", "duration": "latency", "op": "operation"}

_UNITS_MS: Final = {"ms": 1.0, "": 1.0, "s": 1000.0, "m": 60_000.0, "min": 60_000.0, "h": 3_600_000.0}
_NUMBER: Final = re.compile(r"(?P<sign>>=|<=|>|<|=|)\$?(?P<number>\d{1,15}(?:\.\d{1,9})?|\.\d{1,9})(?P<unit>[a-z]*)")
_TOKEN: Final = re.compile(
    r"""(?P<minus>-)?(?:(?P<field>[A-Za-z_]+):)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)(?P<closed>"?)|(?P<bare>\S*))""",
    re.DOTALL,
)
LONGEST: Final = 2000
MOST: Final = 40


@dataclass(frozen=True, slots=True)
class Token:
    r"""One condition.

    Attributes:
        field: a key of ``FIELDS``; empty for free text.
        value: a pattern in which ``*`` stands for anything and ``\*`` for a star; of numbers ``>2s``; of free text
            the text itself.
        negated: whether it was written with a minus.
    """

    field: str
    value: str
    negated: bool = False

    @property
    def text(self) -> str:
        """The token as it is written in the search field."""
        sign = "-" if self.negated else ""
        return f"{sign}{self.field}:{_quoted(self.value)}" if self.field else f"{sign}{_quoted(self.value, bare=True)}"


@dataclass(frozen=True, slots=True)
class Invalid:
    """A piece of the search text that means nothing, and why."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What the search field says: all tokens must hold."""

    tokens: tuple[Token, ...] = ()
    invalid: tuple[Invalid, ...] = ()

    @property
    def text(self) -> str:
        """The search text that means these tokens; reading it gives them again."""
        return " ".join(token.text for token in self.tokens)

    def with_token(self, token: Token) -> Filter:
        """The same and one token more."""
        return self if token in self.tokens else replace(self, tokens=(*self.tokens, token))

    def without(self, token: Token) -> Filter:
        """The same without a token."""
        return replace(self, tokens=tuple(one for one in self.tokens if one != token))

    def without_field(self, field: str) -> Filter:
        """The same without what it says of a field."""
        return replace(self, tokens=tuple(one for one in self.tokens if one.field != field))


def parse(text: str) -> Filter:
    """Read a search text; never fails: what means nothing is listed with its reason."""
    tokens: list[Token] = []
    invalid: list[Invalid] = []
    if len(text) > LONGEST:
        invalid.append(Invalid(text[LONGEST : LONGEST + 40], f"the search is longer than {LONGEST} characters"))
        text = text[:LONGEST]
    for found in _TOKEN.finditer(text):
        if not found[0].strip():
            continue
        token, reason = _read(found)
        if not reason and len(tokens) == MOST:
            reason = f"a search has at most {MOST} tokens"
        if reason:
            invalid.append(Invalid(found[0], reason))
        elif token not in tokens:
            tokens.append(token)
    return Filter(tuple(tokens), tuple(invalid))


def literal(value: str) -> str:
    """The pattern that only this value fits."""
    return value.replace("\\", "\\\\").replace("*", "\\*")


def number(token: Token) -> tuple[str, float]:
    """Comparison sign and number of a numeric token, durations in milliseconds.

    Raises:
        ValueError: the token holds no number; ``parse`` lets none through.
    """
    found = _NUMBER.fullmatch(token.value.lower())
    if not found:
        raise ValueError(f"{token.value!r} is no number")
    factor = _UNITS_MS[found["unit"]] if FIELDS[token.field].kind == "duration" else 1.0
    return found["sign"] or "=", float(found["number"]) * factor


def _read(found: re.Match[str]) -> tuple[Token, str]:
    quoted = found["quoted"]
    value = re.sub(r"\\([\"\\])", r"\1", quoted) if quoted is not None else found["bare"]
    word = (found["field"] or "").lower()
    name = _SAME_WORD.get(word, word)
    token = Token(name, value, negated=bool(found["minus"]))
    if quoted is not None and not found["closed"]:
        return token, "the quotation mark is never closed"
    if not name:
        return token, "" if value else "a minus stands alone"
    if name not in FIELDS:
        return token, f"there is no field {word!r}; there are {', '.join(FIELDS)}. Quote it to search for the text"
    return token, _fault(name, value)


def _fault(name: str, value: str) -> str:
    field = FIELDS[name]
    if not value:
        return f"a value is missing, for example {field.example}"
    if field.kind == "choice" and value not in field.choices:
        return f"{name} is one of {', '.join(field.choices)}"
    if field.kind in {"duration", "money", "count"}:
        found = _NUMBER.fullmatch(value.lower())
        units: Iterable[str] = _UNITS_MS if field.kind == "duration" else ("",)
        if not found or found["unit"] not in units:
            return f"a number is wanted, for example {field.example}"
    return ""


def _quoted(value: str, *, bare: bool = False) -> str:
    plain = re.fullmatch(r'[^\s"]+', value) and not (bare and (":" in value or value.startswith("-")))
    if plain:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
