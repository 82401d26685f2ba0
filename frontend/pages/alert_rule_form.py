"""What a person may fill in of a rule, read from a form or from an address alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from analytics.alerts import rules
from analytics.detection.chosen import chosen
from backend.alerts.models import Channel, Metric, Rule
from backend.errors import BadRequest
from backend.projects.models import Project
from backend.topics.models import Topic


@dataclass(slots=True)
class RuleForm:
    """Fields of a rule as they were filled in.

    Attributes:
        rule: with the values that could be read; not saved.
        channels: chosen ones.
        errors: field -> what is wrong with it.
    """

    rule: Rule
    channels: list[Channel] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def read(data: QueryDict, project: Project, rule: Rule | None = None) -> RuleForm:
    """Read the fields into a rule; what is wrong stands in ``errors``."""
    found = RuleForm(rule or Rule(project=project))
    given, made = found.rule, found.errors
    given.metric = data.get("metric", Metric.VOLUME)
    if given.metric not in Metric.values:
        raise BadRequest(f"metric is {given.metric[:40]!r}; it must be one of {', '.join(Metric.values)}")
    given.direction = data.get("direction", Rule.Direction.BOTH)
    if given.direction not in Rule.Direction.values:
        raise BadRequest(f"direction is {given.direction[:40]!r}; it must be both, rise or fall")
    for name, longest in rules.LONGEST.items():
        value = data.get(name, "").replace("\x00", "").strip()
        setattr(given, name, value[:longest])
        if len(value) > longest:
            made[name] = f"At most {longest} characters."
    given.topic = None if given.metric == Metric.EMERGING else _topic(data.get("topic", ""), made)
    least, most = 100 * rules.LEAST_EFFECT, 100 * rules.MOST_EFFECT
    given.min_effect = _number(data.get("min_effect", "25"), least, most, made, "min_effect") / 100
    given.silence_hours = int(_number(data.get("silence_hours", "6"), 0, rules.MOST_HOURS, made, "silence_hours"))
    given.repeat_hours = int(_number(data.get("repeat_hours", "24"), 0, rules.MOST_HOURS, made, "repeat_hours"))
    chosen = [one for one in data.getlist("channel") if one.isascii() and one.isdigit() and len(one) < 18]
    found.channels = list(Channel.objects.filter(project=project, pk__in=chosen))
    found.errors = {**rules.settle(given), **made}
    return found


def choices(project: Project) -> dict[str, Any]:
    """What the form offers."""
    return {
        "metrics": [{"value": value, "label": label} for value, label in Metric.choices],
        "directions": [{"value": value, "label": label} for value, label in Rule.Direction.choices],
        "detectors": [one.name for one in chosen(project.pk)],
        "topics": [{"value": "", "label": "All topics"}]
        + [
            {"value": str(one.number), "label": one.name}
            for one in Topic.objects.filter(project=project, state=Topic.State.ACTIVE, level=1)
        ],
        "all_channels": list(Channel.objects.filter(project=project)),
    }


def _topic(text: str, made: dict[str, str]) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        made["topic"] = "A topic is named by its number."
        return None
    return int(text)


def _number(text: str, least: float, most: float, made: dict[str, str], name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        made[name] = "This must be a number."
        return least
    if not least <= value <= most:
        made[name] = f"From {least:g} to {most:g}."
    return min(max(value, least), most) if value == value else least  # noqa: PLR0124 - nan
