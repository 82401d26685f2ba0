"""Statements are told apart, near-misses included."""

from __future__ import annotations

import pytest

from backend.store.embedded import statement
from backend.store.embedded.errors import Fault
from backend.store.embedded.statement import Kind

TOLD = [
    (b"SELECT 1", Kind.ROWS, ""),
    (b"  -- note\n/* FORMAT x */ select 1 format Native", Kind.ROWS, "Native"),
    (b"(SELECT 1) UNION ALL (SELECT 2) FORMAT CSV;", Kind.ROWS, "CSV"),
    (b"WITH 1 AS x SELECT x FORMAT JSON SETTINGS max_threads = 1", Kind.ROWS, "JSON"),
    (b"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", Kind.COMMAND, ""),
    (b"SELECT 'FORMAT TSV'", Kind.ROWS, ""),
    (b"SELECT `FORMAT` FROM t", Kind.ROWS, ""),
    (b"SELECT format FROM t", Kind.ROWS, ""),
    (b"SELECT format('{}', x) FROM t", Kind.ROWS, ""),
    (b"SELECT * FROM (SELECT 1 FORMAT TSV)", Kind.ROWS, ""),
    (b"SELECT $$it's; FORMAT TSV$$", Kind.ROWS, ""),
    (b"SELECT 'it''s; \\'; ' ; -- end; of it", Kind.ROWS, ""),
    (b"SHOW TABLES", Kind.ANSWER, ""),
    (b"DESCRIBE TABLE t FORMAT TSV", Kind.ANSWER, "TSV"),
    (b"KILL QUERY WHERE 1", Kind.ANSWER, ""),
    (b"CREATE TABLE t (a UInt8) ENGINE = Memory;", Kind.COMMAND, ""),
    (b"INSERT INTO t SELECT 1 FORMAT Native", Kind.COMMAND, "Native"),
    (b"INSERT INTO t SELECT * FROM values('a UInt8', 1)", Kind.COMMAND, ""),
    (b"SELECT 1 -", Kind.ROWS, ""),
    (b"SELECT 'never closed", Kind.ROWS, ""),
]


@pytest.mark.parametrize(("text", "kind", "name"), TOLD)
def test_a_statement_is_told(text: bytes, kind: Kind, name: str) -> None:
    """Kind and format are read from clauses, never from strings, comments, names or brackets."""
    read = statement.read(text, whole=True)
    assert read is not None
    assert (read.kind, read.format) == (kind, name)
    assert not read.text.rstrip().endswith(b";")


INSERTS = [
    (b"INSERT INTO t FORMAT Native\n\x01rows", b"INSERT INTO t ", "Native", b"\x01rows"),
    (b"INSERT INTO t (a, b) FORMAT CSV \r\n1,2", b"INSERT INTO t (a, b) ", "CSV", b"1,2"),
    (b"INSERT INTO t FORMAT RowBinary\n\n\n", b"INSERT INTO t ", "RowBinary", b"\n\n"),
    (b'INSERT INTO t FORMAT JSONEachRow {"a": 1}', b"INSERT INTO t ", "JSONEachRow", b'{"a": 1}'),
    (b"INSERT INTO `FORMAT` (`values`) VALUES (1)", b"INSERT INTO `FORMAT` (`values`) ", "Values", b" (1)"),
    (b"INSERT INTO t (format) values('; SELECT 1')", b"INSERT INTO t (format) ", "Values", b"('; SELECT 1')"),
    (b"INSERT INTO t -- FORMAT TSV\nFORMAT CSV\n1", b"INSERT INTO t -- FORMAT TSV\n", "CSV", b"1"),
]


@pytest.mark.parametrize(("text", "head", "name", "rows"), INSERTS)
def test_rows_begin_where_the_engine_reads_them(text: bytes, head: bytes, name: str, rows: bytes) -> None:
    """The head of an INSERT ends at its FORMAT or VALUES; one line end belongs to it, the rest are rows."""
    read = statement.read(text, whole=True)
    assert read is not None
    assert (read.kind, read.text, read.format, text[read.rows_at :]) == (Kind.INSERT, head, name, rows)


def test_a_head_that_may_go_on_is_not_told_yet() -> None:
    """No beginning of a body is read as a statement before the name of its format is certain."""
    text = b"INSERT INTO t FORMAT JSONEachRow\n{}"
    for size in range(len(b"INSERT INTO t FORMAT JSONEachRow\r\n")):
        assert statement.read(text[:size], whole=False) is None
    assert statement.read(b"SELECT 1", whole=False) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (b"", 62),
        (b" /* nothing */ ", 62),
        (b"SELECT 1; DROP TABLE t", 62),
        (b"SELECT 1;; SELECT 2", 62),
        (b"DROP TABLE a; DROP TABLE b;", 62),
        (b"SELECT 1 INTO OUTFILE '/x'", 80),
        (b"INSERT INTO t FROM INFILE '/x' FORMAT CSV", 80),
    ],
)
def test_what_is_never_run_is_refused(text: bytes, number: int) -> None:
    """Nothing, two statements, and files of the server are refused before the engine."""
    with pytest.raises(Fault) as refused:
        statement.read(text, whole=True)
    assert refused.value.number == number


def test_a_kill_names_the_clients_id() -> None:
    """The column is exchanged, a value of the same words is not."""
    killing = statement.killing_by_query_id(b"KILL QUERY WHERE query_id = 'query_id' -- query_id", "m")
    assert killing == b"KILL QUERY WHERE Settings['m'] = 'query_id' -- query_id"
