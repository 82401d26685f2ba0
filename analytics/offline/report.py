"""One page that says what was found; it needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from analytics.causes.base import TEXTS as CAUSES
from analytics.offline.summary import BINS, DetectorCount, ScoreCount, Summary, strongest
from analytics.offline.topics import Topics
from analytics.statistics.intervals import rate

_SHEETS: Final = ("tokens", "series", "reset", "base", "card", "table", "badge", "mark", "kpi")
_TONES: Final = {"high": "error", "medium": "warn", "low": "info"}


def write_report(path: Path, summary: Summary, topics: Topics) -> None:
    """Write the report; equal results give equal bytes."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    context = {
        "style": mark_safe(f"<style>{style}</style>"),  # noqa: S308 - our own files
        "style_hash": f"sha256-{digest}",
        "summary": summary,
        "topics": topics,
        "others": sorted(summary.others.items()),
        "kinds": _listed(summary),
        "records": f"{summary.records:,}",
        "turns": f"{summary.turns:,}",
        "lines": f"{summary.lines:,}",
        "bad_count": f"{summary.bad_count:,}",
        "flagged": _share(summary.flagged, summary.records),
        "topic_count": len([line for line in topics.lines if line["level"] == 1]),
        "in_other": f"{topics.other:,}",
        "topic_rows": _topic_rows(topics),
        "score_rows": [_score_row(one) for one in summary.scores if one.judged or one.reasons],
        "cause_rows": [_cause_row(name, count, summary) for name, count in summary.causes.most_common()],
        "detector_rows": [_detector_row(one) for one in summary.detectors],
    }
    path.write_text(render_to_string("analytics/report.html", context), encoding="utf-8", errors="replace")


def _style() -> str:
    texts = []
    for name in _SHEETS:
        found = finders.find(f"css/{name}.css")
        if not isinstance(found, str):
            raise FileNotFoundError(f"css/{name}.css is not among the static files; is frontend installed?")
        texts.append(Path(found).read_text())
    return "\n".join([*texts, Path(__file__).with_suffix(".css").read_text()])


def _listed(summary: Summary) -> str:
    return ", ".join(f"{count:,} of kind {kind}" for kind, count in sorted(summary.kinds.items())) or "No records"


def _share(count: int, of: int) -> dict[str, str]:
    found = rate(count, of)
    if not of:
        return {"count": "0", "share": "–", "interval": "–"}
    return {
        "count": f"{count:,}",
        "share": _percent(found.value),
        "interval": f"{_percent(found.low)}–{_percent(found.high)}",
    }


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 or not share else f"{100 * share:.2f} %"


def _topic_rows(topics: Topics) -> list[dict[str, Any]]:
    """Groups by size, each with its topics; topics without a group stand by themselves."""
    groups = sorted((line for line in topics.lines if line["level"] == 0), key=lambda line: -line["size"])
    fine = sorted((line for line in topics.lines if line["level"] == 1), key=lambda line: -line["size"])
    rows = []
    for group in groups:
        within = [line for line in fine if line["parent"] == group["id"]]
        rows += [_topic_row(group, topics, False), *(_topic_row(line, topics, True) for line in within)]
    return rows + [_topic_row(line, topics, False) for line in fine if line["parent"] is None]


def _topic_row(line: dict[str, Any], topics: Topics, is_within: bool) -> dict[str, Any]:
    share = line["size"] / max(1, topics.with_words)
    is_group = line["level"] == 0
    return {
        "name": line["name"],
        "terms": "" if is_group else " · ".join(line["terms"]),
        "example": "" if is_group or not line["examples"] else line["examples"][0][:160],
        "size": f"{line['size']:,}",
        "share": _percent(share),
        "width": f"{100 * share:.2f}",
        "stability": f"{line['stability']:.2f}" if "stability" in line else "",
        "is_within": is_within,
    }


def _detector_row(one: DetectorCount) -> dict[str, Any]:
    missing = sum(one.reasons.values())
    return {
        **_share(one.flagged, one.judged),
        "name": one.name,
        "text": one.text,
        "severity": one.severity,
        "tone": _TONES.get(one.severity, "neutral"),
        "flagged": f"{one.flagged:,}",
        "unjudged": f"{missing:,}" if missing else "",
        "reason": one.reasons.most_common(1)[0][0] if missing else "",
        "examples": strongest(one.examples),
    }


def _cause_row(name: str, count: int, summary: Summary) -> dict[str, Any]:
    text = next(text for known, text in CAUSES.items() if known == name)
    return {**_share(count, summary.causes.total()), "name": name, "text": text}


def _score_row(one: ScoreCount) -> dict[str, Any]:
    mean, missing = one.mean, sum(one.reasons.values())
    tallest = max(*one.bins, 1)
    return {
        "name": one.name,
        "text": one.text,
        "judged": f"{one.judged:,}",
        "mean": f"{mean.value:.2f}" if mean else "–",
        "interval": f"{mean.low:.2f}–{mean.high:.2f}" if mean else "–",
        "below": f"{one.below:,}",
        "low": f"{one.low:g}",
        "bars": [
            {
                "x": place * 100 // BINS,
                "y": round(24 - 24 * count / tallest, 1),
                "height": round(24 * count / tallest, 1),
            }
            for place, count in enumerate(one.bins)
        ],
        "unjudged": f"{missing:,}" if missing else "",
        "reason": one.reasons.most_common(1)[0][0] if missing else "",
        "examples": strongest(one.examples),
    }
