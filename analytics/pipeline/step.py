"""What a stage of the pipeline is, and what happens when a window of it fails."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Protocol

from django.db import InterfaceError, OperationalError

from analytics.pipeline import ledger
from analytics.pipeline.ledger import Entry
from backend.errors import StoreAway

log = logging.getLogger(__name__)

AWAY: Final = (StoreAway, OperationalError, InterfaceError)
"""No trace is at fault but the moment."""

SAME_FAULT: Final = 5
"""As many single traces that fail before any went well: not they are at fault."""


class Step(Protocol):
    """One stage: reads what the stage before stored, stores what it found; running it again stores the same.

    Attributes:
        name: of its ``jobs.Stage``.
        follows: name of the stage whose rows it reads; empty where it reads spans.
        window: most traces of one run; so much fits into memory and a few seconds.
    """

    name: ClassVar[str]
    follows: ClassVar[str]
    window: ClassVar[int]

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Do the work for these traces and say in numbers what was done."""


class Systemic(Exception):
    """Everything fails alike: the window has to be tried again, none of its traces can be passed over."""


@dataclass(slots=True)
class Tally:
    """What became of one window."""

    counts: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def error(self) -> str:
        """What was passed over, in words; empty where nothing was."""
        if not self.failed:
            return ""
        first = next(iter(self.failed.items()))
        return f"{len(self.failed)} traces were passed over, the first is {first[0]}: {first[1]}"


def attempt(step: Step, project_id: int, trace_ids: Sequence[str], *, pass_over: bool = False) -> Tally:
    """Run a step over a window; what fails is tried in ever smaller parts, and single traces are passed over.

    Args:
        step: the stage.
        project_id: of the project.
        trace_ids: of the window.
        pass_over: also where everything fails alike, as it was tried often enough.

    Raises:
        StoreAway, OperationalError, InterfaceError: one of the stores does not answer.
        Systemic: everything fails alike.
    """
    tally = Tally()
    _attempt(step, project_id, trace_ids, tally, pass_over)
    if tally.failed:
        log.error("%s of project %s: %s", step.name, project_id, tally.error)
        now = time.time_ns()
        entries = [Entry(one, "failed", reason, now) for one, reason in tally.failed.items()]
        ledger.write(project_id, step.name, "", entries)
    return tally


def _attempt(step: Step, project_id: int, trace_ids: Sequence[str], tally: Tally, pass_over: bool) -> None:
    if not trace_ids:
        return
    try:
        tally.counts.update(step.run(project_id, trace_ids))
        tally.counts["traces"] += len(trace_ids)
    except AWAY:
        raise
    except Exception as fault:
        if len(trace_ids) > 1:
            middle = len(trace_ids) // 2
            _attempt(step, project_id, trace_ids[:middle], tally, pass_over)
            _attempt(step, project_id, trace_ids[middle:], tally, pass_over)
            return
        tally.failed[trace_ids[0]] = f"{type(fault).__name__}: {fault}"[:500]
        if not pass_over and not tally.counts["traces"] and len(tally.failed) >= SAME_FAULT:
            raise Systemic(tally.failed[trace_ids[0]]) from fault
