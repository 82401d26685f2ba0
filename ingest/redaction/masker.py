"""Masking within texts and JSON, so that JSON stays JSON and structures keep their form."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from backend.names.finder import find
from backend.sensitive.extra_kinds import SECRET_NAME
from backend.sensitive.gates import gate
from backend.sensitive.own import OwnPattern
from backend.sensitive.places import Place, places
from backend.sensitive.policy import Policy
from backend.sensitive.tokens import TOKEN, Tokens
from ingest.mapping.values import as_json, from_json

_JSON_BEGINS: Final = ("{", "[", '"')
_BINARY: Final = re.compile(r"[A-Za-z0-9+/_\s-]{1024,}={0,2}\s*")
_DATA_URL: Final = re.compile(r"data:[\w.+/-]{0,100}(?:;[\w=.+-]{1,60}){0,3};base64,[A-Za-z0-9+/_\s=-]*")
"""Images and the like are left as they are: base64 of a kilobyte and more, and data URLs."""

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

_NAME_WORDS: Final = {"person": "PERSON", "address": "ADDRESS"}
"""Towns and countries by themselves are nobody's."""


class Masker:
    """Masks what belongs to one trace."""

    __slots__ = ("_masks_names", "_own", "_tokens")

    def __init__(self, policy: Policy, trace_id: str) -> None:
        """Take the project's patterns and the trace's tokens."""
        self._own = policy.own
        self._masks_names = policy.masks_names
        self._tokens = Tokens(policy.salt, trace_id)

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
            return value if TOKEN.fullmatch(value) else self._tokens.of("SECRET", value)
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
            return self._json(value, told, "")
        return self._plain(value, "", identity=True)

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
        """The name of a field or attribute, which may be a user's."""
        return value if _is_clean(value, self._own) else self._plain(value, "")

    def _table(self, value: dict[Any, Any]) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        changed = False
        for name, item in value.items():
            new_name, new = self.name(str(name)), self.structure(item, str(name))
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
        return value if self._plain(value, "") == value else as_json(told)

    def _plain(self, value: str, name: str, *, identity: bool = False) -> str:
        if len(value) >= 64 and (_BINARY.fullmatch(value) or _DATA_URL.fullmatch(value)):
            return value
        said, offset = value, 0
        if name and len(name) <= _CONTEXT:
            words = _BREAKS.sub(" ", name)
            said, offset = f"{words}: {value}", len(words) + 2
        found = [place for place in places(said, self._own) if place.end > offset]
        if self._masks_names and not identity and " " in value.strip():
            found = _with_names(said, offset, found)
        if not found:
            return value
        pieces, at = [], 0
        for place in found:
            start, end = max(0, place.start - offset), place.end - offset
            pieces += [value[at:start], self._tokens.of(place.word, value[start:end], identity=identity)]
            at = end
        return "".join([*pieces, value[at:]])


def _with_names(text: str, offset: int, found: list[Place]) -> list[Place]:
    """Places and, between them, names and addresses; a label of one word, such as a model's, is never a name."""
    clear = TOKEN.sub(lambda match: " " * len(match.group()), text)  # what was masked before is masked once
    cut = list(found)
    for span in find(clear):
        word, at = _NAME_WORDS.get(span.kind), max(span.start, offset)
        if word is None:
            continue
        for one in [*(place for place in found if place.end > at), Place(span.end, span.end, "")]:
            end = min(one.start, span.end)
            if end > at and clear[at:end].strip():
                cut.append(Place(at, end, word))
            at = max(at, one.end)
            if at >= span.end:
                break
    return sorted(cut, key=lambda place: place.start)


@lru_cache(4096)
def _is_clean(name: str, own: tuple[OwnPattern, ...]) -> bool:
    return gate().is_shut(name) and not any(True for pattern in own for _ in pattern.spans(name))


def _structure_of(value: str) -> Any:
    try:
        return from_json(value)
    except ValueError:
        return None
