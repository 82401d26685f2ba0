"""The figures on top of the overview, each with its sample, interval and the period before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from analytics.questions.overview import Overview, Step, Totals
from backend.projects.models import Project
from backend.review.models import ReviewItem
from frontend.templatetags.figures import compact, duration, percent, usd


def kpis(project: Project, found: Overview, unseen: int = 0) -> list[dict[str, Any]]:
    """The figures on top of the page, each with its sample, interval and the period before.

    Args:
        project: whose they are.
        found: what was counted.
        unseen: traces that detectors have not looked at yet: what they flag is then told as a count, and no rate.
    """
    slug = project.slug
    return [
        *_volume(slug, found),
        _rate(slug, found, "Error rate", "error_rate", _error_share),
        _flags_so_far(slug, found, unseen) if unseen else _rate(slug, found, "Flag rate", "flag_rate", _flag_share),
        _quantiles(found, "Latency", "latency", found.now.turns),
        _quantiles(found, "Time to first token", "ttft", found.now.ttft_n),
        _token_count(found),
        _cost(found),
        _review(project),
    ]


def _kpi(label: str, value: str, change: float | None, **more: Any) -> dict[str, Any]:
    return {"label": label, "value": value, "change": change, "compared": True, "n": None, **more}


def _volume(slug: str, found: Overview) -> list[dict[str, Any]]:
    now, before = found.now, found.before
    return [
        _kpi(
            "Turns",
            compact(now.turns),
            _change(now.turns, before.turns),
            trend=_trend(found, lambda step: step.turns),
            href=reverse("traces", args=[slug]),
            note=f"in {compact(now.traces)} traces",
            help="One exchange: what the user said and what came back.",
        ),
        _kpi(
            "Conversations",
            compact(now.conversations),
            _change(now.conversations, before.conversations),
            trend=_trend(found, lambda step: step.conversations),
            note=_per(now.turns, now.conversations, "turns each"),
        ),
        _kpi(
            "Users",
            compact(now.users),
            _change(now.users, before.users),
            note=_per(now.conversations, now.users, "conversations each"),
        ),
    ]


_RATES = {
    "error_rate": ("status:error", "Turns that ended without an answer because of an error."),
    "flag_rate": ("has:flag", "Turns in which at least one detector found something."),
}


def _rate(slug: str, found: Overview, label: str, name: str, share: Callable[[Step], float | None]) -> dict[str, Any]:
    now, before = getattr(found.now, name), getattr(found.before, name)
    search, text = _RATES[name]
    return _kpi(
        label,
        percent(now.value) if now.n else "",
        _change(now.value, before.value) if now.n and before.n else None,
        trend=_trend(found, share),
        good="down",
        n=now.n,
        interval=f"{percent(now.low)} to {percent(now.high)}" if now.n else "",
        href=f"{reverse('traces', args=[slug])}?{urlencode({'q': search})}",
        help=text,
    )


def _flags_so_far(slug: str, found: Overview, unseen: int) -> dict[str, Any]:
    search, text = _RATES["flag_rate"]
    return _kpi(
        "Flagged so far",
        compact(found.now.flagged_turns),
        None,
        trend=_trend(found, lambda step: step.flagged_turns),
        compared=False,
        note=f"{compact(unseen)} traces wait for detectors",
        tone="warn",
        href=f"{reverse('traces', args=[slug])}?{urlencode({'q': search})}",
        help=f"{text} A rate is told once all are looked at.",
    )


def _quantiles(found: Overview, label: str, name: str, n: int) -> dict[str, Any]:
    median = getattr(found.now, f"{name}_p50_ms")
    return _kpi(
        f"{label} p50",
        duration(median),
        _change(median, getattr(found.before, f"{name}_p50_ms")),
        trend=_trend(found, lambda step: getattr(step, f"{name}_p50_ms")),
        good="down",
        n=n,
        note=f"p95 {duration(getattr(found.now, f'{name}_p95_ms'))}",
    )


def _token_count(found: Overview) -> dict[str, Any]:
    now = found.now
    return _kpi(
        "Tokens",
        compact(_tokens(now)),
        _change(_tokens(now), _tokens(found.before)),
        trend=_trend(found, lambda step: step.tokens),
        note=f"{compact(now.input_tokens)} in, {compact(now.output_tokens)} out",
    )


def _cost(found: Overview) -> dict[str, Any]:
    now = found.now
    unpriced = f"{compact(now.unpriced_turns)} turns without a price" if now.unpriced_turns else ""
    return _kpi(
        "Cost",
        usd(now.cost_usd),
        _change(now.cost_usd, found.before.cost_usd),
        trend=_trend(found, lambda step: step.cost_usd),
        note=unpriced or _each(now),
        tone="warn" if unpriced else "",
        help="Tokens times the dated price list. What has no price is not counted as free.",
    )


def _review(project: Project) -> dict[str, Any]:
    states = Counter(ReviewItem.objects.filter(queue__project=project).values_list("state", flat=True))
    return {
        "label": "To review",
        "value": compact(states[ReviewItem.State.OPEN]),
        "n": None,
        "note": f"{compact(states[ReviewItem.State.DONE])} judged",
        "help": "Flagged answers and a small random share that wait for a person.",
        "href": reverse("review", args=[project.slug]),
    }


def _each(now: Totals) -> str:
    return f"{usd(now.cost_usd / now.turns)} a turn" if now.turns else ""


def _tokens(totals: Totals) -> int:
    return totals.input_tokens + totals.output_tokens


def _change(now: float | None, before: float | None) -> float | None:
    return (now - before) / before if now is not None and before else None


def _per(count: int, of: int, words: str) -> str:
    return f"{count / of:.1f} {words}" if of else ""


def _trend(found: Overview, value: Callable[[Step], float | None]) -> list[float | None]:
    return [value(step) for step in found.steps]


def _error_share(step: Step) -> float | None:
    return step.errors / step.turns if step.turns else None


def _flag_share(step: Step) -> float | None:
    return step.flagged_turns / step.turns if step.turns else None
