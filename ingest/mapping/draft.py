"""One pass over a span's attributes: what each vocabulary's table says where they go, and what stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from backend.registry import discover
from backend.telemetry import operation as op
from ingest.vocabularies.base import Convert, Vocabulary


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one attribute goes.

    Attributes:
        slot: what it fills.
        convert: what its value becomes; a ValueError or TypeError leaves it among the attributes.
        preference: of two attributes for one slot the higher wins.
        vocabulary: the table it stands in.
    """

    slot: str
    convert: Convert
    preference: int
    vocabulary: type[Vocabulary]


@dataclass(frozen=True, slots=True)
class Table:
    """All vocabularies as one table.

    Attributes:
        rules: attribute name -> rule.
        prefixes: what numbered names start with, each with its dot.
        flat: prefix without its dot -> (slot, vocabulary).
    """

    rules: dict[str, Rule]
    prefixes: tuple[str, ...]
    flat: dict[str, tuple[str, type[Vocabulary]]]


@dataclass(slots=True)
class Draft:
    """A span's attributes, sorted into slots.

    Attributes:
        values: slot -> converted value.
        sources: slot -> the attribute that filled it, as it came, so that it can be given back.
        rules: slot -> the rule that filled it.
        flat: slot -> numbered attributes, as (full name, path behind the prefix, value).
        rest: attributes that fill no slot.
        tables: slot -> table of several things; ``ingest.mapping.tables`` reads them, and they stay in ``rest``.
        strange_operation: an operation was named, and by no word that its vocabulary knows.
        narrow_operation: a kind of model call that some vocabulary names where another says only that it was one.
    """

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, tuple[str, Any]] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    flat: dict[str, list[tuple[str, str, Any]]] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    vocabulary: type[Vocabulary] | None = None
    strange_operation: bool = False
    narrow_operation: str = ""

    def take(self, slot: str, default: Any = "") -> Any:
        """Empty a slot and return what was in it."""
        return self.values.pop(slot, default)

    def give_back(self, slot: str) -> None:
        """Empty a slot and put what filled it among the attributes that were not understood."""
        if slot in self.values:
            del self.values[slot]
            self.keep(slot)

    def keep(self, slot: str) -> None:
        """Keep the attribute that filled a slot as it came, beside what was made of it."""
        name, value = self.sources[slot]
        self.rest[name] = value


@cache
def table() -> Table:
    """The table of all vocabularies, built once a process."""
    rules: dict[str, Rule] = {}
    flat: dict[str, tuple[str, type[Vocabulary]]] = {}
    for vocabulary in discover("ingest.vocabularies", Vocabulary).values():
        for place, (name, (slot, convert)) in enumerate(vocabulary.fields.items()):
            rules[name] = Rule(slot, convert, vocabulary.rank * 1000 - place, vocabulary)
        for prefix, slot in vocabulary.flattened.items():
            flat[prefix] = (slot, vocabulary)
    return Table(rules, tuple(f"{prefix}." for prefix in flat), flat)


def read(pairs: Iterable[tuple[str, Any]]) -> Draft:
    """Sort attributes into slots; an attribute that fills none, or whose slot is better filled, stays."""
    draft = Draft()
    values, sources, rules, rest = draft.values, draft.sources, draft.rules, draft.rest
    known = table()
    best: type[Vocabulary] | None = None
    for name, value in pairs:
        rule = known.rules.get(name)
        if rule is None:
            if name.startswith(known.prefixes) and (found := _read_numbered(draft, known, name, value)) is not None:
                best = _higher(best, found)
            else:
                rest[name] = value
            continue
        try:
            converted = rule.convert(value)
        except (ValueError, TypeError):
            rest[name] = value
            continue
        slot = rule.slot
        if slot in _SPECIAL and _set_aside(draft, rule, name, value, converted):
            continue
        before = rules.get(slot)
        if converted in _EMPTY or (before is not None and before.preference >= rule.preference):
            if before is None or values[slot] != converted:
                rest[name] = value
            continue
        if before is not None and values[slot] != converted:
            rest[sources[slot][0]] = sources[slot][1]
        values[slot], sources[slot], rules[slot] = converted, (name, value), rule
        if rule.vocabulary is not best:
            best = _higher(best, rule.vocabulary)
    draft.vocabulary = best
    return draft


_EMPTY = ("", ())
_TABLES = frozenset({"metadata", "timestamps"})
_SPECIAL = _TABLES | {"operation", "vectors"}
_NARROW = frozenset({op.EMBEDDINGS, op.RERANK})


def _set_aside(draft: Draft, rule: Rule, name: str, value: Any, converted: Any) -> bool:
    """Leave tables, an operation that its vocabulary does not know, and a vector's note, among the attributes."""
    if rule.slot == "vectors":
        draft.rest[name] = converted
        return True
    if rule.slot in _TABLES:
        draft.tables[rule.slot] = converted
        draft.rest[name] = value
        return True
    said = rule.vocabulary.operations.get(converted.lower())
    if said is not None:
        if said in _NARROW:
            draft.narrow_operation = said
        return False
    draft.strange_operation = draft.strange_operation or bool(converted)
    draft.rest[name] = value
    return True


def _higher(one: type[Vocabulary] | None, other: type[Vocabulary] | None) -> type[Vocabulary] | None:
    if other is None or other.rank == 0:
        return one
    return other if one is None or other.rank > one.rank else one


def _read_numbered(draft: Draft, known: Table, name: str, value: Any) -> type[Vocabulary] | None:
    for prefix in known.prefixes:
        if name.startswith(prefix) and name[len(prefix) : len(prefix) + 1].isdecimal():
            slot, vocabulary = known.flat[prefix[:-1]]
            draft.flat.setdefault(slot, []).append((name, name[len(prefix) :], value))
            return vocabulary
    return None
