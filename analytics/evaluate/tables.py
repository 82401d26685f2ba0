"""Results as the table of ``docs/evaluation.md`` and as the files that the product's cards read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from analytics.evaluate.run import Result, sets
from analytics.statistics.intervals import Estimate, rate

RESULTS: Final = Path(__file__).parent / "results"
BEGIN: Final = "<!-- detectors: written by `manage.py evaluate detectors --write` -->"
END: Final = "<!-- detectors: end -->"
_HEAD: Final = (
    "| detector | set | with / without | precision | recall | F1 | AUROC | recall at 5 % / 1 % / 0.1 % false | ms |\n"
    "|---|---|---|---|---|---|---|---|---|"
)
_ORDINARY: Final = "| detector | ordinary items | flags per 1,000 | where |\n|---|---|---|---|"


def as_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Results of one subject as JSON."""
    return [
        {
            "set": one.set_name, "about": one.about, "ordinary": one.is_ordinary, "version": one.subject.version,
            "threshold": one.subject.threshold, "positives": one.measured.positives,
            "negatives": one.measured.negatives, "unjudged": one.measured.unjudged,
            "precision": _estimate(one.measured.precision), "recall": _estimate(one.measured.recall),
            "false": _estimate(one.measured.false), "f1": _number(one.measured.f1),
            "auroc": _estimate(one.measured.auroc),
            "recall_at": {str(share): _number(value) for share, value in one.measured.recall_at.items()},
            "groups": {name: _estimate(found) for name, found in one.measured.groups.items()},
            "ms": round(one.ms, 3),
        }
        for one in results
    ]  # fmt: skip


def write(results: Sequence[Result], folder: Path = RESULTS) -> list[str]:
    """Write one file a subject and give the names of the subjects."""
    names = sorted({one.subject.name for one in results})
    for name in names:
        rows = as_rows([one for one in results if one.subject.name == name])
        (folder / f"{name}.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return names


def read(folder: Path = RESULTS) -> dict[str, list[dict[str, Any]]]:
    """Results that were written, by subject."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def table(results: dict[str, list[dict[str, Any]]]) -> str:
    """Two tables in Markdown: what was found, and false flags on ordinary text."""
    rows = [(name, row) for name, listed in sorted(results.items()) for row in listed]
    found = [_line(name, row) for name, row in rows if not row["ordinary"]]
    ordinary = [_ordinary(name, listed) for name, listed in sorted(results.items()) if ordinary_of(name, listed)[0]]
    return "\n".join([_HEAD, *found, "", _ORDINARY, *ordinary])


def put_into(text: str, content: str) -> str:
    """Put content between the markers of a page.

    Raises:
        ValueError: the page has no markers.
    """
    if BEGIN not in text or END not in text:
        raise ValueError(f"the page must have the lines {BEGIN} and {END}")
    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n{content}\n{END}", text, count=1, flags=re.DOTALL
    )


def _line(name: str, row: dict[str, Any]) -> str:
    at = " / ".join(_share(row["recall_at"].get(key)) for key in ("0.05", "0.01", "0.001"))
    cells = [
        f"`{name}`", row["set"], f"{row['positives']} / {row['negatives']}", _interval(row["precision"], row),
        _interval(row["recall"], row), _plain(row["f1"]), _interval(row["auroc"], row), at, f"{row['ms']:.2f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def ordinary_of(subject: str, rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of ordinary text: those in which finds are false flags, and those in which they were provoked."""
    known = sets()
    kept: list[dict[str, Any]] = []
    provoked: list[dict[str, Any]] = []
    for row in rows:
        if row["ordinary"]:
            one = known.get(row["set"])
            (provoked if one and subject in one.provoked else kept).append(row)
    return kept, provoked


def flagged(row: dict[str, Any]) -> int:
    """How many items of ordinary text were flagged."""
    return round(row["false"][0] * row["negatives"]) if row["false"] else 0


def _ordinary(name: str, rows: Sequence[dict[str, Any]]) -> str:
    """Flags of one detector over all ordinary sets together, and the sets that they are in."""
    kept, provoked = ordinary_of(name, rows)
    counts = {row["set"].removeprefix("ordinary_"): flagged(row) for row in kept}
    items = sum(row["negatives"] for row in kept)
    found = rate(sum(counts.values()), items)
    where = ", ".join(f"{key} {count}" for key, count in sorted(counts.items(), key=lambda one: -one[1]) if count)
    apart = [
        f"; apart: {row['set'].removeprefix('ordinary_')} {flagged(row)} of {row['negatives']:,}" for row in provoked
    ]
    per_1000 = f"{1000 * found.value:.2f} [{1000 * found.low:.2f}, {1000 * found.high:.2f}]"
    return f"| `{name}` | {items:,} | {per_1000} | {where or 'none'}{''.join(apart)} |"


def _estimate(found: Estimate) -> list[float] | None:
    return None if math.isnan(found.value) else [round(one, 5) for one in (found.value, found.low, found.high)]


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 5)


def _interval(found: list[float] | None, _: Any) -> str:
    return "–" if found is None else f"{found[0]:.3f} [{found[1]:.3f}, {found[2]:.3f}]"


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
