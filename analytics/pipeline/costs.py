"""What the analysis of a project costs, from the runs that are kept: the last ten minutes of work."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

from backend.jobs.models import Run

_PREFIX: Final = "us:"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one stage or analyser took.

    Attributes:
        seconds: of a stage by the clock, of an analyser on a core.
        subjects: traces or turns it did in that time.
    """

    seconds: float
    subjects: int

    @property
    def ms_each(self) -> float | None:
        """Milliseconds for one of them; None where it did none."""
        return 1000 * self.seconds / self.subjects if self.subjects else None


def costs(project_id: int) -> dict[str, Cost]:
    """Cost by stage (``detect``) and by analyser (``detector:empty``)."""
    seconds: defaultdict[str, float] = defaultdict(float)
    subjects: Counter[str] = Counter()
    ended = Run.objects.filter(stage__project_id=project_id, state=Run.State.DONE, finished_at__isnull=False)
    for name, started, finished, counts in ended.values_list("stage__name", "started_at", "finished_at", "counts"):
        seconds[name] += (finished - started).total_seconds() if finished else 0.0
        subjects[name] += counts.get("traces") or counts.get("conversations") or 0
        for key, micros in counts.items():
            if key.startswith(_PREFIX):
                seconds[key.removeprefix(_PREFIX)] += micros / 1e6
                subjects[key.removeprefix(_PREFIX)] += counts.get("turns_judged", 0)
    return {name: Cost(seconds[name], subjects[name]) for name in seconds}
