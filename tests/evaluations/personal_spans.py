"""How well personal data is found span by span, kind by kind: ``python -m tests.evaluations.personal_spans DIR``.

A span of a structured kind counts as found where more than half of it is covered by one of its kind. For names and
postal addresses more than half of the longer one has to be shared; titles are no names, and parts of one address that
follow each other (street, unit, town, code, country) are one address. Towns by themselves count for nothing.
Only records that are held back.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analytics.detectors.pii import Pii, found
from analytics.evaluate.base import held_back
from backend.names.finder import find

_TITLE = re.compile(r"(?i)(?:mr|mrs|ms|dr|miss|prof|sir)?\.?")
_BETWEEN = re.compile(r"[\s,.;:?*-]*")
KINDS = {
    "an e-mail address": "EMAIL",
    "a payment card": "CREDIT_CARD",
    "a social security number": "SSN",
    "a driver's licence": "DRIVER_LICENSE",
    "an IP address": "IP",
    "a telephone number": "PHONE",
    "a bank account (IBAN)": "IBAN",
}


def counted(records: Iterable[dict[str, Any]]) -> dict[str, Counter[str]]:
    """Spans by kind that were found, missed, and found where there is none."""
    counts: dict[str, Counter[str]] = {}
    for record in records:
        got = [
            (KINDS.get(one.kind, one.kind), one.start, one.end)
            for one in found(record["text"])
            if one.score >= Pii.threshold
        ]
        for span in record["labels"]["spans"]:
            if (kind := span["type"]) in KINDS.values():
                hit = next((one for one in got if one[0] == kind and _covers(one, span)), None)
                counts.setdefault(kind, Counter())["found" if hit else "missed"] += 1
                if hit:
                    got.remove(hit)
        for kind, _, _ in got:
            counts.setdefault(kind, Counter())["false"] += 1
    return counts


Place = tuple[int, int]


def people(records: Iterable[dict[str, Any]]) -> dict[str, Counter[str]]:
    """The same of names of persons and of postal addresses."""
    counts = {"a person's name": Counter[str](), "a postal address": Counter[str]()}
    for record in records:
        text = record["text"]
        told = [(one["type"], one["start"], one["end"]) for one in record["labels"]["spans"]]
        names = [
            (start, end) for kind, start, end in told if kind == "PERSON" and not _TITLE.fullmatch(text[start:end])
        ]
        got = [(one.kind, one.start, one.end) for one in find(text)]
        homes = joined(text, told, {"ADDRESS", "ZIP"}, {"LOCATION"})
        pairs = (
            ("a person's name", names, [(start, end) for kind, start, end in got if kind == "person"]),
            ("a postal address", homes, joined(text, got, {"address"}, {"place"})),
        )
        for name, wanted, given in pairs:
            found = sum(any(_shared(one, other) for other in given) for one in wanted)
            false = sum(not any(_shared(one, other) for one in wanted) for other in given)
            counts[name].update(found=found, missed=len(wanted) - found, false=false)
    return counts


def joined(text: str, spans: Iterable[tuple[str, int, int]], of: set[str], beside: set[str]) -> list[Place]:
    """Spans of some kinds with those that follow directly made one, if it holds one of the kinds ``of``."""
    parts: list[tuple[set[str], int, int]] = []
    for kind, start, end in sorted(spans, key=lambda one: one[1]):
        if kind not in of | beside:
            continue
        if parts and start >= parts[-1][2] and _BETWEEN.fullmatch(text[parts[-1][2] : start]):
            parts[-1] = (parts[-1][0] | {kind}, parts[-1][1], end)
        else:
            parts.append(({kind}, start, end))
    return [(start, end) for kinds, start, end in parts if kinds & of]


def _shared(one: Place, other: Place) -> bool:
    both = min(one[1], other[1]) - max(one[0], other[0])
    return both > max(one[1] - one[0], other[1] - other[0]) / 2


def f1(counts: Counter[str]) -> float:
    """Harmonic mean of precision and recall, 0 to 1."""
    return 2 * counts["found"] / max(1, 2 * counts["found"] + counts["missed"] + counts["false"])


def _covers(one: tuple[str, int, int], span: dict[str, Any]) -> bool:
    start, end = int(span["start"]), int(span["end"])
    return min(end, one[2]) - max(start, one[1]) > (end - start) / 2


def main(data: Path) -> None:
    """Print a line a kind."""
    kept = list(held_back(data, "pii_presidio_dev"))
    for kind, counts in [*sorted(counted(kept).items()), *people(kept).items()]:
        hits, missed, false = (counts[name] for name in ("found", "missed", "false"))
        print(f"{kind:24} found {hits:4} missed {missed:3} false {false:3} F1 {f1(counts):.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
