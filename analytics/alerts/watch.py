"""The alert engine: each full hour every rule of a project is judged once, and what changed is told."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from analytics.alerts import deliver, new_wants
from analytics.alerts.changes import Change, Seen, look
from analytics.alerts.hours import HOUR, last_full_hour, series_of
from analytics.statistics.alarm import kept_by_false_discovery
from backend.alerts.models import Alert, Delivery, Metric, Rule

log = logging.getLogger(__name__)

_WEEKS: Final = 7
"""Four weeks to expect from, two to learn the spread on, one to look at."""
_FIRST_LOOK: Final = 24
_LONGEST_LOOK: Final = 168
"""Hours a rule looks back at first, and at most after a standstill: nobody wants alerts of last month."""


@dataclass(frozen=True, slots=True)
class _Looked:
    rule: Rule
    seen: Seen


def due(now: datetime) -> list[int]:
    """Projects with a rule that has not seen the last full hour, or a new want that a rule has not told of."""
    late = Q(judged_until__isnull=True) | Q(judged_until__lt=last_full_hour(now))
    found = Rule.objects.filter(late, is_enabled=True).values_list("project_id", flat=True)
    return sorted({*found, *new_wants.due()})


def watch(project_id: int, now: datetime) -> dict[str, int]:
    """Judge the hours since the last look; running twice tells nothing twice.

    Returns:
        How many rules were looked at, and alerts opened and ended.
    """
    end = last_full_hour(now)
    late = Q(judged_until__isnull=True) | Q(judged_until__lt=end)
    rules = list(Rule.objects.filter(late, project_id=project_id, is_enabled=True).exclude(metric=Metric.EMERGING))
    looked = [_Looked(rule, _look(rule, end)) for rule in rules]
    fresh = [(one.rule.pk, change) for one in looked for change in one.seen.changes if _is_news(one.rule, change)]
    kept = kept_by_false_discovery([change.p_value for _, change in fresh], looks=len(looked))
    news = {key for key, is_kept in zip(fresh, kept, strict=True) if is_kept}
    counts = new_wants.watch(project_id, now)
    counts["rules"] += len(looked)
    for one in looked:
        opened, ended = _settle(one, [change for pk, change in news if pk == one.rule.pk], end, now)
        counts["opened"] += opened
        counts["ended"] += ended
    return counts


def _look(rule: Rule, end: datetime) -> Seen:
    hours = _FIRST_LOOK
    if rule.judged_until:
        # From where the oldest open alert was known: an episode that goes on must be seen from its beginning.
        oldest = rule.alerts.filter(ended_at=None).order_by("told_at").values_list("told_at", flat=True).first()
        since = min(oldest - HOUR, rule.judged_until) if oldest else rule.judged_until
        hours = min(max(round((end - since) / HOUR), 1), _LONGEST_LOOK)
    return look(series_of(rule, end, _WEEKS), end, hours, rule.silence_hours)


def _is_news(rule: Rule, change: Change) -> bool:
    """Whether it is worth telling and not told yet: what was over when the rule last looked is history."""
    if not change.concerns(rule) or _same(rule, change):
        return False
    return not change.is_over or rule.judged_until is None or change.told > rule.judged_until


def _same(rule: Rule, change: Change) -> Alert | None:
    """The alert that this change continues."""
    near = Q(ended_at=None) | Q(last_at__gte=change.start)
    return rule.alerts.filter(near, kind=change.kind, started_at__lte=change.last).order_by("-started_at").first()


def _settle(looked: _Looked, news: Sequence[Change], end: datetime, now: datetime) -> tuple[int, int]:
    """Write down what was seen of a rule, unless another worker just did."""
    rule = looked.rule
    with transaction.atomic():
        claim = Rule.objects.filter(pk=rule.pk, judged_until=rule.judged_until)
        if not claim.update(judged_until=end, standing=looked.seen.standing[:300]):
            return 0, 0
        ended = 0
        for alert in rule.alerts.filter(ended_at=None):
            ended += _go_on(alert, looked.seen.changes, end, now)
        for change in news:
            alert = Alert.objects.create(rule=rule, told_at=change.told, **_figures(change))
            deliver.put(alert, Delivery.Event.OPENED, now)
    return len(news), ended


def _figures(change: Change) -> dict[str, object]:
    return {
        "kind": change.kind,
        "started_at": change.start,
        "last_at": change.last,
        "ended_at": change.last if change.is_over else None,
        "strength": change.strength,
        "observed": change.observed,
        "expected": change.expected,
        "size": change.size,
    }


def _go_on(alert: Alert, changes: Sequence[Change], end: datetime, now: datetime) -> int:
    """Bring an open alert up to date; return 1 when it has ended."""
    same = [one for one in changes if one.kind == alert.kind and one.last >= alert.started_at]
    if same:
        change = same[-1]
        alert.last_at, alert.strength = change.last, max(alert.strength, change.strength)
        alert.observed, alert.expected, alert.size = change.observed, change.expected, change.size
        alert.ended_at = change.last if change.is_over else None
    else:
        alert.ended_at = alert.last_at
    # What people said of it meanwhile stays.
    alert.save(update_fields=["last_at", "strength", "observed", "expected", "size", "ended_at"])
    if alert.ended_at:
        if alert.notified_at:
            deliver.put(alert, Delivery.Event.ENDED, now)
        return 1
    if _is_to_be_repeated(alert, now):
        deliver.put(alert, Delivery.Event.AGAIN, now)
    return 0


def _is_to_be_repeated(alert: Alert, now: datetime) -> bool:
    hours = alert.rule.repeat_hours
    answered = alert.acknowledged_at or alert.verdict
    return bool(hours and not answered and alert.notified_at and now - alert.notified_at >= timedelta(hours=hours))
