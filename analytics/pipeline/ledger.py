"""What ran on what, kept in ClickHouse: nothing is silently not evaluated."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from backend.store.connection import store

Outcome = Literal["matched", "sampled_out", "off", "ran", "unjudged", "failed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what an analyser made of one subject.

    Attributes:
        subject_id: a turn, trace or conversation, as the analyser judges them.
        outcome: ``ran`` found nothing, ``matched`` found something, ``unjudged`` and ``failed`` say why;
            ``sampled_out`` and ``off`` were left out on purpose.
        reason: in words.
        time: of the subject, in nanoseconds.
    """

    subject_id: str
    outcome: Outcome
    reason: str
    time: int


def write(project_id: int, analyser: str, version: str, entries: Sequence[Entry]) -> None:
    """Store lines; a later line about the same subject replaces the earlier."""
    now = time.time_ns()
    count = len(entries)
    store().insert(
        "ledger",
        [
            "project_id", "analyser", "analyser_version", "subject_id", "outcome", "reason", "subject_time", "version",
        ],
        [
            [project_id] * count,
            [analyser] * count,
            [version] * count,
            [entry.subject_id for entry in entries],
            [entry.outcome for entry in entries],
            [entry.reason for entry in entries],
            [entry.time for entry in entries],
            [now] * count,
        ],
    )  # fmt: skip
