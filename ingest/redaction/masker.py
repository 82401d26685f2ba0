"""Masking within texts and JSON, so that JSON stays JSON and structures keep their form."""

from __future__ import annotations

import json
import re
from copy import copy
from functools import lru_cache
from typing import Any, Final

from backend.sensitive.extra_kinds import SECRET_NAME
from backend.sensitive.gates import gate
from backend.sensitive.own import OwnPattern
from backend.sensitive.places import places
from backend.sensitive.policy import Policy
from backend.sensitive.tokens import TOKEN, Tokens
from ingest.mapping.values import as_json, from_json
from ingest.redaction.naming import Names, is_of_tool

_JSON_BEGINS: Final = ("{", "[", '"')
_BINARY: Final = re.compile(r"(?:[A-Za-z0-9+/_-]{60,}\s{1,2})*[A-Za-z0-9+/_-]+={0,2}\s*")
_LEAST_BINARY: Final = 1024
_DATA_URL: Final = re.compile(
    r"data:[\w.+/-]{0,100}(?:;[\w=.+-]{1,60}){0,3};base64,(?:[A-Za-z0-9+/_-]{60,}\s{1,2})*"
    r"[A-Za-z0-9+/_-]*={0,2}\s*"
)
"""Images and the like are left as they are: base64 of a kilobyte and more, and data URLs. Words without punctuation, as
speech is written down, are none: lines of base64 have 60 characters and more."""

_IDENTITY: Final = re.compile(r"(?:^|[._-])(?:ids?|ID)$|[a-z]I[dD]s?$|^dotted_order$")
"""Names of what names something: a trace, a call, a user. Its token must be the same in every trace."""

OPAQUE: Final = re.compile(
    r"(?=\d*[a-fA-F])(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{32}"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
)
"""Random ids hold digits that may pass for a number of somebody, and are none."""

_BREAKS: Final = re.compile(r"[_.-]|(?<=[a-z])(?=[A-Z])")
_NUMBERS: Final = frozenset({"score", "time"})
"""Names whose numbers are read as numbers again."""

_LONG_NUMBER: Final = 10**8
_CONTEXT: Final = 60


class Masker:
    """Masks what belongs to one trace.

    Attributes:
        labels: masks alike, but for names of people, which what names models, tools and steps often looks like.
    """

    __slots__ = ("_names", "_own", "_tokens", "_within_identity", "labels")

    labels: Masker

    def __init__(self, policy: Policy, trace_id: str) -> None:
        """Take the project's patterns and the trace's tokens."""
        self._own, self._within_identity = policy.own, False
        self._tokens = Tokens(policy.salt, trace_id)
        self._names = Names() if policy.masks_names else None
        self.labels = copy(self) if policy.masks_names else self
        self.labels._names, self.labels.labels = None, self.labels

    def text(self, value: str, name: str = "") -> str:
        """A text without personal data and secrets; where it is JSON it is masked value by value.

        Args:
            value: the text.
            name: what it stands under, which may say what it is.

        Raises:
            GateBroken: it could not be searched.
            RecursionError: it is JSON nested too deeply.
        """
        if not value:
            return value
        if name and SECRET_NAME.search(name):
            of_all = self._within_identity
            return value if TOKEN.fullmatch(value) else self._tokens.of("SECRET", value, identity=of_all)
        if _IDENTITY.search(name):
            return self.identity(value)
        if value.lstrip()[:1] in _JSON_BEGINS and (told := _structure_of(value)) is not None:
            return self._json(value, told, name)
        return self._plain(value, name)

    def identity(self, value: str) -> str:
        """The name of a user, conversation, trace or call: what is masked of it is masked alike in every trace."""
        if len(value) < 5 or OPAQUE.fullmatch(value):
            return value
        if value[0] in _JSON_BEGINS and (told := _structure_of(value)) is not None:
            within = copy(self.labels)
            within._within_identity, within.labels = True, within
            return within._json(value, told, "")
        return self.labels._plain(value, "", identity=True)

    def structure(self, value: Any, name: str = "") -> Any:
        """Any JSON value with its texts, names and long numbers masked; the same object where there is nothing."""
        if isinstance(value, str):
            return self.text(value, name)
        if isinstance(value, dict):
            return self._table(value)
        if isinstance(value, list | tuple):
            items = [self.structure(item, name) for item in value]
            return value if all(new is old for new, old in zip(items, value, strict=True)) else items
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _LONG_NUMBER:
            return self._number(value, name)
        return value

    def name(self, value: str) -> str:
        """The name of a field or attribute, in which a user's address or number may stand."""
        return value if _is_clean(value, self._own) else self.labels._plain(value, "")

    def _table(self, value: dict[Any, Any]) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        changed = False
        of_tool = self._names is not None and is_of_tool(value)
        for name, item in value.items():
            masker = self.labels if of_tool and name == "name" else self
            new_name, new = self.name(str(name)), masker.structure(item, str(name))
            changed = changed or new is not item or new_name != name
            made[new_name] = new
        return made if changed else value

    def _number(self, value: float, name: str) -> Any:
        if name in _NUMBERS or (isinstance(value, float) and not value.is_integer()):
            return value
        text = str(int(value))
        masked = self._plain(text, name, identity=bool(_IDENTITY.search(name)))
        return value if masked == text else masked

    def _json(self, value: str, told: Any, name: str) -> str:
        if isinstance(told, str):
            masked = self.text(told, name)
            return value if masked == told else as_json(masked)
        made = self.structure(told, name)
        if made is not told:
            return as_json(made)
        # A name that stands twice in an object keeps its last value when it is read; the first would be stored unseen.
        if self._names is None and self._plain(value, "") == value:
            return value
        return as_json(told) if _hides(value) and self._plain(value, "") != value else value

    def _plain(self, value: str, name: str, *, identity: bool = False) -> str:
        if _is_binary(value):
            return value
        said, offset = value, 0
        if name and len(name) <= _CONTEXT:
            words = _BREAKS.sub(" ", name)
            said, offset = f"{words}: {value}", len(words) + 2
        identity = identity or self._within_identity
        found = [place for place in places(said, self._own) if place.end > offset]
        if self._names is not None and " " in value.strip():
            found = self._names.between(said, offset, found)
        if not found:
            return value
        pieces, at = [], 0
        for place in found:
            start, end = max(0, place.start - offset), place.end - offset
            pieces += [value[at:start], self._tokens.of(place.word, value[start:end], identity=identity)]
            at = end
        return "".join([*pieces, value[at:]])


def _is_binary(value: str) -> bool:
    if len(value) >= _LEAST_BINARY and _BINARY.fullmatch(value):
        return True
    return len(value) >= 64 and value.startswith("data:") and bool(_DATA_URL.fullmatch(value))


@lru_cache(4096)
def _is_clean(name: str, own: tuple[OwnPattern, ...]) -> bool:
    return gate().is_shut(name) and not any(True for pattern in own for _ in pattern.spans(name))


def _hides(text: str) -> bool:
    """Whether an object in JSON text has a name twice; also where that cannot be told."""
    twice = False

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        made = dict(found)
        twice = twice or len(made) < len(found)
        return made

    try:
        json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return True
    return twice


def _structure_of(value: str) -> Any:
    try:
        return from_json(value)
    except ValueError:
        return None
