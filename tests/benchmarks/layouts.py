"""Ways to lay the table of spans out, for ``bytes_per_span``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from backend.store.schema import migrations, render
from backend.telemetry.span import Span

_LONG: Final = (
    "input_messages", "output_messages", "input_text", "output_text", "tool_result", "tool_arguments",
    "tool_definitions", "documents",
)  # fmt: skip
_INPUT: Final = ("input_messages", "tool_definitions")
"""What is sent again with every call."""
_DETAIL: Final = (
    "input_messages, output_messages, input_text, output_text, tool_definitions, attributes, tool_result, documents"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """One way.

    Attributes:
        tables: statements that make it.
        into: where rows of spans are inserted.
        hashed: messages stand in a table of their own, by their hash.
    """

    name: str
    tables: tuple[str, ...]
    into: str = "span"
    hashed: bool = False

    def one_span(self, connection: Any, span: Span) -> bytes:
        """All that is long of one span, as the page of a trace asks for it."""
        return self._read(connection, span, f"{_of_trace(span)} AND span_id = '{span.span_id}'")

    def one_trace(self, connection: Any, span: Span) -> bytes:
        """All that is long of all spans of a trace."""
        return self._read(connection, span, _of_trace(span))

    def texts(self, connection: Any, span: Span) -> bytes:
        """What readers see of each call in ten minutes, as workers ask for it."""
        ids = f"{_within(span, 600)} AND operation = 'chat'"
        return _bytes(connection, f"SELECT trace_id, span_id, input_text, output_text FROM span WHERE {ids}")

    def _read(self, connection: Any, span: Span, where: str) -> bytes:
        if not self.hashed:
            return _bytes(connection, f"SELECT {_DETAIL} FROM span WHERE {where}")
        rest = _DETAIL.replace("input_messages", "input_hashes").replace("output_messages", "output_hashes")
        found = _bytes(connection, f"SELECT {rest} FROM span WHERE {where}")
        asked = f"SELECT arrayJoin(arrayConcat(input_hashes, output_hashes)) FROM span WHERE {where}"
        return found + _bytes(connection, f"SELECT hash, any(body) FROM message WHERE hash IN ({asked}) GROUP BY hash")


def _of_trace(span: Span) -> str:
    return f"{_within(span, 3600)} AND trace_id = '{span.trace_id}'"


def _within(span: Span, seconds: int) -> str:
    moment = f"fromUnixTimestamp64Nano({span.start_time})"
    return f"project_id = 1 AND start_time >= {moment} - {seconds} AND start_time <= {moment} + {seconds}"


def _bytes(connection: Any, sql: str) -> bytes:
    answer: bytes = connection.query(sql, "Native").bytes()
    return answer


def _first_migration() -> str:
    return next(render(migrations()[0].sql, "", "default"))


def _before() -> str:
    """The table as it was before 0005."""
    added = "hour_cache_write_input_tokens UInt64 CODEC(T64, ZSTD(1)),\n    audio_input_tokens"
    return _first_migration().replace("audio_input_tokens", added, 1)


def _naive() -> str:
    """Plain columns, ClickHouse's own codec, in the order of time."""
    text = re.sub(r" CODEC\([^\n]*\)(,?)\n", r"\1\n", _before())
    text = re.sub(r"LowCardinality\(String\)", "String", text)
    return _with_engine(text, "MergeTree ORDER BY (project_id, start_time)")


def _with_engine(sql: str, engine: str) -> str:
    """Another engine, and no indexes."""
    sql = re.sub(r",(\n\s+INDEX [^\n]*)+", "", sql)
    return re.sub(r"ENGINE = .*", f"ENGINE = {engine}", sql, flags=re.DOTALL)


def _coded(sql: str, codec: str, block_mib: int = 0, columns: tuple[str, ...] = _LONG) -> str:
    """Another codec, and larger blocks, for long columns."""
    size = block_mib * 2**20
    blocks = f" SETTINGS (min_compress_block_size = {size}, max_compress_block_size = {size})" if block_mib else ""
    for name in columns:
        sql = re.sub(rf"\b{name} String CODEC\(ZSTD\(3\)\)", f"{name} String CODEC({codec}){blocks}", sql)
    return sql


def _by_trace(sql: str) -> str:
    """An hour's spans in the order of their traces: the calls of one lie beside each other."""
    hour = "project_id, toStartOfHour(start_time)"
    sql = sql.replace("PRIMARY KEY (project_id, start_time)", f"PRIMARY KEY ({hour}, trace_id)")
    return sql.replace("ORDER BY (project_id, start_time, trace_id", f"ORDER BY ({hour}, trace_id, start_time")


def _hashed() -> tuple[str, ...]:
    """Each message once, spans hold the hashes; as the store itself could do it when rows arrive."""
    incoming = _with_engine(_before(), "Null")
    span = _before()
    for side in ("input", "output"):
        span = re.sub(
            rf"{side}_messages String CODEC\(ZSTD\(3\)\)",
            f"{side}_hashes Array(FixedString(16)) CODEC(ZSTD(3))",
            span,
        )
    each = "JSONExtractArrayRaw({}_messages)"
    hashes = ", ".join(
        f"arrayMap(x -> sipHash128(x), {each.format(one)}) AS {one}_hashes" for one in ("input", "output")
    )
    bodies = f"arrayJoin(arrayConcat({each.format('input')}, {each.format('output')})) AS body"
    return (
        incoming.replace("CREATE TABLE IF NOT EXISTS span", "CREATE TABLE incoming"),
        span,
        "CREATE TABLE message (project_id UInt32, hash FixedString(16), body String CODEC(ZSTD(3)))"
        " ENGINE = ReplacingMergeTree ORDER BY (project_id, hash) SETTINGS index_granularity = 512",
        f"CREATE MATERIALIZED VIEW spans TO span AS SELECT * EXCEPT (input_messages, output_messages), {hashes}"
        " FROM incoming",
        f"CREATE MATERIALIZED VIEW messages TO message AS SELECT project_id, sipHash128(body) AS hash, {bodies}"
        " FROM incoming",
    )


LAYOUTS: Final = (
    Layout("naive: LZ4, as it comes", (_naive(),)),
    Layout("0001: ZSTD(3)", (_before(),)),
    Layout("ZSTD(9)", (_coded(_before(), "ZSTD(9)"),)),
    Layout("4 MiB blocks", (_coded(_before(), "ZSTD(3, 22)", 4),)),
    Layout("16 MiB blocks", (_coded(_before(), "ZSTD(3, 24)", 16),)),
    Layout("16 MiB blocks, ZSTD(1)", (_coded(_before(), "ZSTD(1, 24)", 16),)),
    Layout("0005: 16 MiB for input", (_coded(_before(), "ZSTD(3, 24)", 16, _INPUT),)),
    Layout("8 MiB for input", (_coded(_before(), "ZSTD(3, 23)", 8, _INPUT),)),
    Layout("by trace, ZSTD(3)", (_by_trace(_before()),)),
    Layout("by trace, 4 MiB blocks", (_by_trace(_coded(_before(), "ZSTD(3, 22)", 4)),)),
    Layout("by trace, 16 MiB blocks", (_by_trace(_coded(_before(), "ZSTD(3, 24)", 16)),)),
    Layout("messages by hash", _hashed(), into="incoming", hashed=True),
)
"""In the order they are printed; the first is what the others are compared with."""
