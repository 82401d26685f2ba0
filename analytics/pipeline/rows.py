"""Rows of one dataclass on their way into a table of the same columns."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from backend.store.connection import store

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def insert(table: str, project_id: int, rows: Sequence[DataclassInstance]) -> None:
    """Store rows of a versioned table; the newest version of a key counts."""
    if rows:
        names = [item.name for item in fields(rows[0])]
        insert_columns(table, project_id, {name: [getattr(row, name) for row in rows] for name in names})


def delete(table: str, project_id: int, keys: Mapping[str, Sequence[Any]]) -> None:
    """Mark rows with these keys as deleted; the columns of the table's sorting key are enough."""
    count = len(next(iter(keys.values())))
    insert_columns(table, project_id, {**keys, "is_deleted": [1] * count})


def insert_columns(table: str, project_id: int, columns: Mapping[str, Sequence[Any]]) -> None:
    """Store columns of a versioned table."""
    count = len(next(iter(columns.values())))
    whole: dict[str, Sequence[Any]] = {
        "project_id": [project_id] * count,
        **columns,
        "version": [time.time_ns()] * count,
    }
    store().insert(table, list(whole), list(whole.values()))
