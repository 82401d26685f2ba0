"""Rules that tell of emerging topics: each is one alert, over when the next fit has said what became of it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from analytics.alerts import deliver
from analytics.questions.marks import published_fit
from backend.alerts.models import Alert, Delivery, Metric, Rule
from backend.topics.models import EmergingTopic

FIRST_LOOK: Final = timedelta(days=1)
"""How old a want may be that a new rule tells of."""
_SLACK: Final = timedelta(hours=1)
"""What was announced so long before the last look may have become visible after it."""


def due() -> list[int]:
    """Projects in which a want was announced, or decided on, since a rule last looked."""
    rules = Rule.objects.filter(metric=Metric.EMERGING, is_enabled=True)
    news = EmergingTopic.objects.filter(project=OuterRef("project"), found_at__gt=OuterRef("judged_until"))
    decided = Alert.objects.filter(rule__in=rules, ended_at=None, emerging__became__isnull=False)
    found = {*rules.filter(Exists(news)).values_list("project_id", flat=True)}
    return sorted({*found, *decided.values_list("rule__project_id", flat=True)})


def watch(project_id: int, now: datetime) -> dict[str, int]:
    """Tell of new wants and of what became of them; running twice tells nothing twice."""
    counts = {"rules": 0, "opened": 0, "ended": 0}
    for rule in Rule.objects.filter(project_id=project_id, metric=Metric.EMERGING, is_enabled=True):
        counts["rules"] += 1
        with transaction.atomic():
            claim = Rule.objects.filter(pk=rule.pk, judged_until=rule.judged_until)
            if not claim.update(judged_until=now, standing=_standing(project_id)):
                continue
            counts["ended"] += _end(rule, now)
            for want in _untold(rule, now):
                _open(rule, want, now)
                counts["opened"] += 1
    return counts


def announced(rule: Rule, since: datetime) -> QuerySet[EmergingTopic]:
    """What a rule would have told since a moment, the newest first."""
    return EmergingTopic.objects.filter(project_id=rule.project_id, found_at__gt=since).defer("centre", "meaning")


def _untold(rule: Rule, now: datetime) -> QuerySet[EmergingTopic]:
    told = Alert.objects.filter(rule=rule, emerging=OuterRef("pk"))
    since = (rule.judged_until or now - FIRST_LOOK) - _SLACK
    found = announced(rule, since).exclude(Exists(told)).order_by("id")
    # A new rule speaks of what is open, not of what a fit has made a topic of.
    return found if rule.judged_until else found.filter(became=None)


def _open(rule: Rule, want: EmergingTopic, now: datetime) -> None:
    alert = Alert.objects.create(
        rule=rule,
        kind=Alert.Kind.EMERGING,
        emerging=want,
        started_at=want.first_at,
        told_at=want.found_at,
        last_at=want.found_at,
        ended_at=None if want.became is None else now,
        strength=math.log(max(want.p_value, 1e-300)) / math.log(want.level),
        observed=want.wordings,
        expected=want.expected,
        size=want.conversations,
    )
    deliver.put(alert, Delivery.Event.OPENED, now)


def _end(rule: Rule, now: datetime) -> int:
    """Alerts whose want the next fit has decided on."""
    decided = list(rule.alerts.filter(ended_at=None, emerging__became__isnull=False))
    for alert in decided:
        alert.ended_at = alert.last_at = now
        alert.save(update_fields=["ended_at", "last_at"])
        deliver.put(alert, Delivery.Event.ENDED, now)
    return len(decided)


def _standing(project_id: int) -> str:
    fit = published_fit(project_id)
    if fit is None:
        return "waits until topics are found"
    return "needs topics of 300 conversations or more" if fit.measures.get("first_impression") else ""
