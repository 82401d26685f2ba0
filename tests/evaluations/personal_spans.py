"""How well personal data is found span by span, kind by kind: ``python -m tests.evaluations.personal_spans DIR``.

A span counts as found where more than half of it is covered by one of its kind. Only records that are held back.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analytics.detectors.pii import Pii, found
from analytics.evaluate.base import held_back

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


def f1(counts: Counter[str]) -> float:
    """Harmonic mean of precision and recall, 0 to 1."""
    return 2 * counts["found"] / max(1, 2 * counts["found"] + counts["missed"] + counts["false"])


def _covers(one: tuple[str, int, int], span: dict[str, Any]) -> bool:
    start, end = int(span["start"]), int(span["end"])
    return min(end, one[2]) - max(start, one[1]) > (end - start) / 2


def main(data: Path) -> None:
    """Print a line a kind."""
    for kind, counts in sorted(counted(held_back(data, "pii_presidio_dev")).items()):
        hits, missed, false = (counts[name] for name in ("found", "missed", "false"))
        print(f"{kind:24} found {hits:4} missed {missed:3} false {false:3} F1 {f1(counts):.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
