"""The endpoint of a project's judges: set with a record, and held to what it may cost a day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db import transaction
from django.db.models import F

from backend.detection.choices import Author, record
from backend.detection.judging import KEY_NAME
from backend.detection.models import JudgeCost, JudgeEndpoint
from backend.errors import BadRequest
from backend.projects.models import Project

NAME: Final = "judge endpoint"
"""Under which its changes are kept."""
MOST_CALLS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a project's judges are asked.

    Attributes:
        key_variable: environment variable of the worker that holds the key; empty for none.
        calls_a_day: most calls a day (UTC).
        usd_a_day: most cost a day by the two prices; None for no such limit.
        input_usd: price of a million input tokens.
        output_usd: price of a million output tokens.
        members_may_replay: whether members too may have recorded requests sent there again.
    """

    base_url: str
    model: str
    key_variable: str = ""
    is_enabled: bool = False
    calls_a_day: int = 1000
    usd_a_day: float | None = None
    input_usd: float = 0.0
    output_usd: float = 0.0
    members_may_replay: bool = False

    def __post_init__(self) -> None:
        if not self.model or len(self.model) > 80:
            raise BadRequest("model names what answers, in at most 80 characters")
        if len(self.base_url) > 500:
            raise BadRequest("the address is longer than 500 characters")
        if self.key_variable and not KEY_NAME.fullmatch(self.key_variable):
            raise BadRequest("the key's environment variable must be called JUDGE_KEY or JUDGE_KEY_…, in capitals")
        if not 1 <= self.calls_a_day <= MOST_CALLS:
            raise BadRequest(f"calls a day are {self.calls_a_day:,}; they must be from 1 to {MOST_CALLS:,}")
        for name in ("usd_a_day", "input_usd", "output_usd"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and 0 <= value <= 1_000_000):
                raise BadRequest(f"{name} is {value}; it must be from 0 to 1,000,000")
        if self.usd_a_day is not None and not (self.input_usd or self.output_usd):
            raise BadRequest("a limit in USD needs the price of a million tokens")


@transaction.atomic
def set_endpoint(project: Project, new: Settings, author: Author) -> JudgeEndpoint:
    """Set how judges are asked from now on."""
    old = JudgeEndpoint.objects.select_for_update().filter(project=project).first()
    names = Settings.__slots__
    before = {name: getattr(old, name) for name in names} if old else {}
    after = {name: getattr(new, name) for name in names}
    made, _ = JudgeEndpoint.objects.update_or_create(project=project, defaults=after)
    if before != after:
        record(project, NAME, author, "settings", before, after)
    return made


def calls_left(endpoint: JudgeEndpoint, now: datetime | None = None) -> int:
    """How many calls the day still has."""
    cost = JudgeCost.objects.filter(project_id=endpoint.project_id, day=(now or datetime.now(UTC)).date()).first()
    if cost and endpoint.usd_a_day is not None and cost.cost_usd >= endpoint.usd_a_day:
        return 0
    return max(0, endpoint.calls_a_day - (cost.calls if cost else 0))


def take_call(endpoint: JudgeEndpoint, now: datetime | None = None) -> bool:
    """Count a call before it is made; False where the day's limits are reached.

    A conditional update: workers that ask at once never go over the limit of calls together. Cost is known only after
    a call, so it may be passed by the calls that are on their way.
    """
    day = (now or datetime.now(UTC)).date()
    JudgeCost.objects.get_or_create(project_id=endpoint.project_id, day=day)
    free = JudgeCost.objects.filter(project_id=endpoint.project_id, day=day, calls__lt=endpoint.calls_a_day)
    if endpoint.usd_a_day is not None:
        free = free.filter(cost_usd__lt=endpoint.usd_a_day)
    return bool(free.update(calls=F("calls") + 1))


def add_tokens(endpoint: JudgeEndpoint, input_tokens: int, output_tokens: int) -> None:
    """Add what a call used to its day."""
    cost = (input_tokens * endpoint.input_usd + output_tokens * endpoint.output_usd) / 1e6
    JudgeCost.objects.filter(project_id=endpoint.project_id, day=datetime.now(UTC).date()).update(
        input_tokens=F("input_tokens") + input_tokens,
        output_tokens=F("output_tokens") + output_tokens,
        cost_usd=F("cost_usd") + cost,
    )
