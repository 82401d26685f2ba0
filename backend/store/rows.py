"""Rows on their way to a table: encoded once, where they are made, and never taken apart again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from backend.errors import StoreError
from backend.store.client import Store
from backend.telemetry.span import Span

FORMAT = "JSONCompactEachRow"
"""ClickHouse's name of the format: an array a line. One C call a row here, one pass over the text there."""

ROW_FAULTS = frozenset({6, 26, 27, 32, 33, 38, 41, 43, 53, 69, 70, 72, 117, 130, 131, 190, 321, 349, 407, 441})
"""ClickHouse's numbers for values that it cannot read or that fit no column; any other trouble is not the rows'."""

_SETTINGS = {
    "max_partitions_per_insert_block": 0,  # spans of many months may come in one block, and must not be refused for it
    "insert_deduplicate": 0,  # on replicas, a retry whose first try missed the views must not be skipped as known
    "input_format_parallel_parsing": 0,  # blocks are small: a second thread costs more than it saves
    "date_time_input_format": "basic",  # times are whole nanoseconds
    "log_comment": "insert_rows",
}

SPAN_COLUMNS = ("project_id", *(item.name for item in msgspec.structs.fields(Span)))
_START = SPAN_COLUMNS.index("start_time") - 1
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Rows:
    """What one request wants stored in one table.

    Attributes:
        table: name of the table.
        columns: names of the columns, in the order of the values.
        text: one JSON array a line, each line ended.
        count: how many lines.
    """

    table: str
    columns: tuple[str, ...]
    text: bytes
    count: int


def span_rows(project_id: int, spans: Iterable[Span]) -> Rows:
    """Encode spans of one project.

    Raises:
        UnicodeEncodeError: a text holds a lone surrogate, which UTF-8 has no bytes for.
    """
    astuple, encode = msgspec.structs.astuple, _encoder.encode
    lines = []
    for span in spans:
        values = astuple(span)
        # As text: ClickHouse reads nanoseconds in quotes exactly, and calls the same digits without them out of range.
        times = (str(span.start_time), str(span.end_time))
        lines.append(encode((project_id, *values[:_START], *times, *values[_START + 2 :])))
    lines.append(b"")
    return Rows("span", SPAN_COLUMNS, b"\n".join(lines), len(lines) - 1)


def joined(entries: Iterable[Rows]) -> dict[tuple[str, tuple[str, ...]], list[Rows]]:
    """Entries by table and columns, each list one block's worth, in their order."""
    blocks: dict[tuple[str, tuple[str, ...]], list[Rows]] = {}
    for entry in entries:
        blocks.setdefault((entry.table, entry.columns), []).append(entry)
    return blocks


def insert_block(store: Store, entries: list[Rows]) -> None:
    """Insert entries of one table as one block.

    Raises:
        StoreAway: ClickHouse cannot be reached: nothing is known to be stored.
        StoreError: ClickHouse refused the block.
    """
    table, columns = entries[0].table, entries[0].columns
    store.insert_texts(table, columns, (entry.text for entry in entries), form=FORMAT, **_SETTINGS)


def insert_all(store: Store, entries: list[Rows]) -> list[StoreError | None]:
    """Insert entries, and where the store finds fault with a block, find the entry that it is in.

    Returns:
        For each entry None, or why it alone was refused.

    Raises:
        StoreError: the store, not a row, is the trouble; whether anything was stored is not known, and trying again
            does no harm.
    """
    outcome: dict[int, StoreError | None] = {}
    for block in joined(entries).values():
        _insert_halving(store, block, outcome)
    return [outcome[id(entry)] for entry in entries]


def _insert_halving(store: Store, entries: list[Rows], outcome: dict[int, StoreError | None]) -> None:
    try:
        insert_block(store, entries)
    except StoreError as fault:
        if fault.number not in ROW_FAULTS:
            raise
        if len(entries) == 1:
            outcome[id(entries[0])] = fault
            return
        middle = len(entries) // 2
        _insert_halving(store, entries[:middle], outcome)
        _insert_halving(store, entries[middle:], outcome)
    else:
        outcome.update((id(entry), None) for entry in entries)
