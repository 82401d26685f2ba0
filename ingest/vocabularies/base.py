"""What a vocabulary is: a table from attribute names to fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

Convert = Callable[[Any], Any]


class Vocabulary:
    """A family of attribute names.

    Attributes:
        name: kept with each span that it read.
        rank: where a span carries several vocabularies, the higher rank fills a field; the others' values stay among
            the attributes.
        fields: attribute name -> (slot, conversion). A slot is a field of ``Span`` or one of ``ingest.mapping.draft``;
            where two names fill one slot, the earlier wins.
        flattened: prefix of numbered names (``prefix.N.rest``) -> slot of the list they make up.
        operations: what the operation attribute says, in lower case -> operation.
        broad: those of its words that stand for any call of a model; another vocabulary may say which.
    """

    name: ClassVar[str]
    rank: ClassVar[int]
    fields: ClassVar[Mapping[str, tuple[str, Convert]]]
    flattened: ClassVar[Mapping[str, str]] = {}
    operations: ClassVar[Mapping[str, str]]
    broad: ClassVar[frozenset[str]] = frozenset()
