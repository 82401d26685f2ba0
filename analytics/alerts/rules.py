"""What a rule may say, and what is done with rules: pages and the API do it alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import transaction

from analytics.alerts import words
from analytics.detection.chosen import chosen, named
from backend.accounts.models import User
from backend.alerts.models import Channel, Metric, Rule
from backend.errors import BadRequest
from backend.projects.models import Project
from backend.topics.models import Topic

LONGEST: Final = {"name": 120, "target": 120, "environment": 200, "model": 200}
"""Characters of each text of a rule."""
LEAST_EFFECT: Final = 0.05
MOST_EFFECT: Final = 10.0
MOST_HOURS: Final = 720
MOST_RULES: Final = 200
"""Of one project: each of them reads weeks of hours, every hour."""
_SAID: Final = (*LONGEST, "metric", "topic", "direction", "min_effect", "silence_hours", "repeat_hours")
_USUAL: Final = (
    ("Traffic", Metric.VOLUME),
    ("Errors", Metric.ERROR_RATE),
    ("Flags", Metric.FLAG_RATE),
    ("Latency", Metric.LATENCY_P95),
    ("Cost", Metric.COST),
    ("New wants", Metric.EMERGING),
)


def settle(rule: Rule) -> dict[str, str]:
    """Empty what does not count for the rule's metric and look at the rest.

    Returns:
        Field -> what is wrong with it.
    """
    if rule.metric == Metric.EMERGING:  # announced for the project as a whole
        rule.topic, rule.environment, rule.model = None, "", ""
    if rule.metric not in {Metric.SCORE, Metric.FLAG_RATE}:
        rule.target = ""
    found = {}
    if rule.metric == Metric.SCORE and not rule.target:
        found["target"] = "Name the score to watch."
    if rule.metric == Metric.FLAG_RATE and rule.target and named(chosen(rule.project_id), rule.target) is None:
        found["target"] = "There is no such detector; leave it empty for any flag."
    if rule.metric == Metric.TOPIC_SHARE and rule.topic is None:
        found["topic"] = "Choose the topic whose share is watched."
    if rule.topic is not None and not Topic.objects.filter(project=rule.project_id, number=rule.topic).exists():
        found["topic"] = f"There is no topic {rule.topic}."
    return found


@transaction.atomic
def keep(rule: Rule, channels: Sequence[Channel] | None, by: User | None) -> None:
    """Save a rule that was settled; it begins with the newest hours.

    Args:
        rule: new or changed.
        channels: that are told; None leaves them as they are.
        by: who makes it; None is a program.

    Raises:
        BadRequest: the project has as many rules as it may have.
    """
    rule.name = rule.name or words.subject(rule)[: LONGEST["name"]]
    # What was judged by other measures is not judged again.
    rule.judged_until = None
    if rule.pk:
        rule.save(update_fields=[*_SAID, "judged_until"])
    else:
        if Rule.objects.filter(project=rule.project_id).count() >= MOST_RULES:
            raise BadRequest(f"a project has at most {MOST_RULES} alert rules; remove one first")
        rule.created_by = by
        rule.save()
    if channels is not None:
        rule.channels.set(channels)


def switch(rule: Rule, is_enabled: bool) -> None:
    """Switch a rule off, or on again: it then begins with the newest hours."""
    if rule.is_enabled == is_enabled:
        return
    rule.is_enabled = is_enabled
    rule.judged_until = None if is_enabled else rule.judged_until
    rule.save(update_fields=["is_enabled", "judged_until"])


def watch_usual(project: Project, by: User | None) -> list[Rule]:
    """Make the rules that suit any project, but for numbers that are watched already; they tell every channel."""
    known = set(Rule.objects.filter(project=project, target="").values_list("metric", flat=True))
    channels = list(Channel.objects.filter(project=project))
    made = [Rule(project=project, name=name, metric=metric) for name, metric in _USUAL if metric not in known]
    for rule in made:
        keep(rule, channels, by)
    return made
