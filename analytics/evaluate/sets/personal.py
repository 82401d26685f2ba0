"""Sentences with personal data of invented people, and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

from analytics.evaluate.base import Case, LabelledSet, answered, held_back

STRUCTURED: Final = frozenset({"EMAIL", "CREDIT_CARD", "SSN", "IBAN", "IP", "DRIVER_LICENSE"})
PHONE: Final = "PHONE"


class _Sentences:
    """Sentences with one of some kinds against those with no structured kind at all."""

    files: ClassVar[tuple[str, ...]] = ("pii_presidio_dev",)
    judges: ClassVar[tuple[str, ...]] = ("pii",)
    kinds: ClassVar[frozenset[str]]

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each held-back sentence as an answer to nobody."""
        for record in held_back(data, self.files[0]):
            found = {span["type"] for span in record["labels"]["spans"]} & (STRUCTURED | {PHONE})
            if not found or found & self.kinds:
                yield Case((answered("", record["text"]),), bool(found), record["meta"]["template"], record["id"])


class StructuredKinds(_Sentences, LabelledSet):
    """Presidio's sentences with an e-mail address, card, SSN, IBAN, licence or IP address, against those without."""

    name: ClassVar[str] = "pii_structured"
    kinds: ClassVar[frozenset[str]] = STRUCTURED


class Telephones(_Sentences, LabelledSet):
    """Presidio's sentences with a telephone number, against those without."""

    name: ClassVar[str] = "pii_phone"
    kinds: ClassVar[frozenset[str]] = frozenset({PHONE})
