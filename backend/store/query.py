"""A question to ClickHouse as a value: its name, its text, the shape of its rows and how much it may take."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, Generic, Literal, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query of a class may take; ClickHouse enforces it.

    Attributes:
        memory_mib: most memory.
        seconds: most time.
        rows: most rows of an answer; more is an error, never a silent cut.
        threads: most threads.
    """

    memory_mib: int
    seconds: int
    rows: int
    threads: int

    def settings(self) -> dict[str, Any]:
        """The limits as ClickHouse settings."""
        return {
            "max_memory_usage": self.memory_mib * 1024 * 1024,
            "max_execution_time": self.seconds,
            "max_result_rows": self.rows,
            "result_overflow_mode": "throw",
            "max_threads": self.threads,
            "do_not_merge_across_partitions_select_final": 0,
        }


CLASSES: Final = {
    "page": Limits(memory_mib=1024, seconds=10, rows=100_000, threads=2),
    "worker": Limits(memory_mib=2048, seconds=300, rows=5_000_000, threads=1),
    "export": Limits(memory_mib=1024, seconds=600, rows=50_000_000, threads=1),
}
"""Limits by class: a nightly clustering can never starve a page."""

_PROJECT_SCOPE = re.compile(r"\bproject_id = \{project_id:UInt32\}")


@dataclass(frozen=True, slots=True)
class Query(Generic[Row]):
    """One question.

    Attributes:
        name: shows in ClickHouse's query log, in errors and in metrics.
        sql: the text; values enter only as server-side parameters ``{name:Type}``.
        row: a dataclass whose fields are named and ordered as the selected columns.
        limits: a class of ``CLASSES``.
        scope: ``project`` (the text must hold ``project_id = {project_id:UInt32}``) or ``installation``.
    """

    name: str
    sql: str
    row: type[Row]
    limits: Literal["page", "worker", "export"] = "page"
    scope: Literal["project", "installation"] = "project"

    def __post_init__(self) -> None:
        if not is_dataclass(self.row):
            raise TypeError(f"query {self.name}: rows must be a dataclass")
        if self.scope == "project" and not _PROJECT_SCOPE.search(self.sql):
            raise ValueError(f"query {self.name} does not hold project_id = {{project_id:UInt32}}")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the row's fields, which the answer's columns must match."""
        return tuple(item.name for item in fields(self.row))  # type: ignore[arg-type]  # checked in __post_init__
