"""Which projects have something new, asked in one cheap question for all of them."""

from __future__ import annotations

import threading
from datetime import datetime

from analytics.pipeline.order import NAMES
from analytics.pipeline.window import BEGINNING, OVERLAP, clock, newest
from backend.jobs.models import Stage
from backend.projects.models import Project

_lock = threading.Lock()
_newest: dict[int, datetime] = {}
_since: list[datetime] = [BEGINNING]


def waiting() -> list[int]:
    """Projects in which a stage has not passed the last row yet; the longest waiting first."""
    last = newest_rows()
    reached: dict[int, dict[str, datetime]] = {}
    for project_id, name, position in Stage.objects.filter(name__in=NAMES).values_list("project", "name", "position"):
        reached.setdefault(project_id, {})[name] = position or BEGINNING
    behind = {
        project_id: min((reached.get(project_id, {}).get(name, BEGINNING) for name in NAMES), default=BEGINNING)
        for project_id in Project.objects.values_list("id", flat=True)
        if project_id in last
    }
    late = [project_id for project_id, position in behind.items() if position <= last[project_id]]
    return sorted(late, key=lambda project_id: (behind[project_id], project_id))


def newest_rows() -> dict[int, datetime]:
    """When the last row of each project was stored; after the first call only what came since is looked at."""
    with _lock:
        now = clock()
        _newest.update(newest(_since[0]))
        _since[0] = now - OVERLAP
        return dict(_newest)


def forget() -> None:
    """Look at everything again at the next call."""
    with _lock:
        _newest.clear()
        _since[0] = BEGINNING
