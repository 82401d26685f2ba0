"""Values go in and come out as with a ClickHouse server."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

NOON = datetime(2026, 2, 3, 12, 0, 0, 123456, tzinfo=UTC)
VALUES = [
    ("String", "naïve 'quoted' \\ \n\t\0 \U0001f600"),
    ("String", ""),
    ("UInt64", 2**64 - 1),
    ("Int64", -(2**63)),
    ("Float64", 1e-300),
    ("Bool", True),
    ("DateTime64(6, 'UTC')", NOON),
    ("DateTime64(3, 'Asia/Tokyo')", NOON.replace(microsecond=123000)),
    ("Date", NOON.date()),
    ("Array(String)", ["a", "", "b'c"]),
    ("Array(Array(UInt8))", [[1, 2], []]),
    ("Map(String, String)", {"k'": "v\\", "": ""}),
    ("Map(LowCardinality(String), Array(Float64))", {"a": [0.5, 1.5]}),
    ("LowCardinality(String)", "low"),
    ("Nullable(String)", None),
    ("Nullable(Int32)", 7),
    ("LowCardinality(Nullable(String))", None),
    ("Enum8('ok' = 1, 'error' = 2)", "error"),
    ("Tuple(String, UInt8)", ("t", 1)),
    ("UUID", uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")),
    ("Decimal(18, 6)", Decimal("12345.678901")),
    ("FixedString(4)", b"ab\0\0"),
    ("IPv4", IPv4Address("10.1.2.3")),
]


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=lambda part: str(part)[:40])
def test_a_value_comes_back_as_it_went_in(client: Any, kind: str, value: Any) -> None:
    """A Native insert followed by a Native select changes no value of any type we use."""
    client.command("DROP TABLE IF EXISTS typed")
    client.command(f"CREATE TABLE typed (v {kind}) ENGINE = MergeTree ORDER BY tuple()")
    client.insert("typed", [[value], [value]], column_names=["v"])
    assert client.query("SELECT v FROM typed").result_rows == [(value,), (value,)]


def test_a_time_is_aware_and_its_zone_is_kept(client: Any) -> None:
    """Times come back aware, in the zone of their column."""
    row = client.query("SELECT toDateTime64('2026-07-01 00:00:00', 3, 'America/New_York') AS t").first_row
    assert row[0].utcoffset() == timedelta(hours=-4)
    assert row[0] == datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=-4)))


HOSTILE = [
    "it's",
    "\\",
    "\\'",
    "'); DROP TABLE hostile; --",
    "{x:String}",
    "a\0b",
    "a\tb\nc\rd\x1a",
    "\\N",
    "${x}$",
    "/* x */ -- y",
    "\u202e\ufeff",
    "%27 %00",
    "x" * 300_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
def test_a_parameter_is_never_read_as_sql(client: Any, text: str) -> None:
    """A parameter comes back byte by byte, by URL and by form, alone and in an array."""
    answer = client.query(
        "SELECT {s:String}, {a:Array(String)}, {n:Nullable(String)}",
        parameters={"s": text, "a": [text, "z"], "n": text},
    )
    assert answer.first_row == (text, [text, "z"], text)


@pytest.mark.parametrize(
    ("kind", "value", "back"),
    [
        ("UInt64", 2**64 - 1, 2**64 - 1),
        ("Int64", -5, -5),
        ("Float64", 0.1, 0.1),
        ("DateTime64(6, 'UTC')", NOON, NOON),
        ("Date", NOON.date(), NOON.date()),
        ("Nullable(String)", None, None),
        ("Array(UInt64)", [1, 2], [1, 2]),
        ("Array(Tuple(String, UInt8))", [("a'", 1)], [("a'", 1)]),
        ("UUID", uuid.UUID(int=5), uuid.UUID(int=5)),
        ("Bool", True, True),
    ],
)
def test_a_parameter_has_its_type(client: Any, kind: str, value: Any, back: Any) -> None:
    """The engine binds every type that a server binds."""
    assert client.query(f"SELECT {{p:{kind}}}", parameters={"p": value}).first_row == (back,)


def test_an_identifier_is_a_parameter_too(client: Any) -> None:
    """A table's name may be bound, and a hostile one is a table that is not there."""
    assert client.query("SELECT 1 FROM system.{t:Identifier}", parameters={"t": "one"}).first_row == (1,)
    with pytest.raises(DatabaseError) as refused:
        client.query("SELECT 1 FROM {t:Identifier}", parameters={"t": "one; DROP TABLE x"})
    assert refused.value.code == 60


def test_a_parameter_that_does_not_fit_is_refused(client: Any) -> None:
    """A value that is no number is refused with ClickHouse's own number."""
    with pytest.raises(DatabaseError) as refused:
        client.query("SELECT {n:UInt8}", parameters={"n": "1); DROP TABLE x"})
    assert refused.value.code == 457


def test_bytes_that_are_no_text_are_bound_as_bytes(store: Any) -> None:
    """Broken UTF-8 and surrogates in a URL arrive as the bytes they are."""
    for raw in (b"\xff\xfe", b"\xed\xa0\x80"):
        encoded = "".join(f"%{byte:02X}" for byte in raw)
        answer = store.raw(f"/?query=SELECT+hex(%7Bs:String%7D)&param_s={encoded}")
        assert answer.text.strip() == raw.hex().upper()


def test_rows_come_as_json_lines(client: Any) -> None:
    """JSONEachRow is inserted as text, bytes and stream, with defaults for what is left out."""
    client.command("CREATE OR REPLACE TABLE lines (a UInt64, s String DEFAULT 'none') ENGINE = MergeTree ORDER BY a")
    client.raw_insert("lines", ["a", "s"], '{"a": 1, "s": "é"}\n{"a": 2}\n', fmt="JSONEachRow")
    rows = b"".join(json.dumps({"a": number, "s": "x" * 50}).encode() + b"\n" for number in range(3, 60_003))
    chunks = (rows[at : at + 100_001] for at in range(0, len(rows), 100_001))
    summary = client.raw_insert("lines", ["a", "s"], chunks, fmt="JSONEachRow")
    assert summary.written_rows == 60_000
    assert client.query("SELECT count(), min(s), sum(a) FROM lines").first_row == (60_002, "none", sum(range(60_003)))


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("INSERT INTO forms VALUES", b" (1, 'a'), (2, upper('b'))"),
        ("INSERT INTO forms (s, a) FORMAT CSV\n", b'"a",1\n"B",2\n'),
        ("insert into forms format TabSeparated\r\n", b"1\ta\n2\tB\n"),
        ("INSERT INTO forms -- FORMAT none\n FORMAT JSONEachRow ", b'{"a":1,"s":"a"}{"a":2,"s":"B"}'),
        ("INSERT INTO forms SELECT number + 1, ['a', 'B'][number + 1] FROM numbers(2)", b""),
        ("INSERT INTO forms SETTINGS max_threads = 1 FORMAT RowBinary\n", b"\1\0\0\0\0\0\0\0\1a\2\0\0\0\0\0\0\0\1B"),
    ],
)
def test_every_form_of_insert_is_read(store: Any, client: Any, statement: str, rows: bytes) -> None:
    """Statement and rows may stand together in the body or apart in URL and body."""
    client.command("CREATE OR REPLACE TABLE forms (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
    together = store.post(statement.encode() + rows, database="assay")
    apart = store.post(rows, query=statement.removesuffix("\n"), database="assay")
    assert (together.text, apart.text) == ("", "")
    found = client.query("SELECT a, s, count() FROM forms GROUP BY a, s ORDER BY a").result_rows
    assert found == [(1, "a", 2), (2, "B", 2)]


def test_an_insert_takes_parameters(store: Any, client: Any) -> None:
    """Values of an INSERT may be parameters, hostile ones included."""
    client.command("CREATE OR REPLACE TABLE given (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
    client.command("INSERT INTO given VALUES ({a:UInt64}, {s:String})", parameters={"a": 1, "s": "'); --"})
    assert client.query("SELECT * FROM given").result_rows == [(1, "'); --")]


def test_a_setting_holds_for_its_query_only(client: Any) -> None:
    """Settings come by URL, are checked by the engine and are gone with their query."""
    asked = "SELECT getSetting('max_block_size')"
    assert client.query(asked, settings={"max_block_size": 7}).first_row == (7,)
    assert client.query(asked).first_row != (7,)


@pytest.mark.parametrize(
    ("settings", "sql", "code"),
    [
        ({"max_rows_to_read": 10}, "SELECT sum(number) FROM numbers(100000)", 158),
        ({"max_memory_usage": 20_000_000}, "SELECT length(groupArray(number)) FROM numbers(20000000)", 241),
        ({"max_execution_time": 1}, "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1", 159),
        ({"readonly": 1}, "CREATE TABLE refused (a Int8) ENGINE = Memory", 164),
        ({"max_result_rows": 5}, "SELECT number FROM numbers(10)", 396),
        ({}, "SELECT length(groupArray(number)) FROM numbers(1000000000)", 241),
    ],
)
def test_a_limit_is_kept(client: Any, settings: dict[str, int], sql: str, code: int) -> None:
    """Limits of rows, memory, time and rights end a query with their own number, and memory has one without asking."""
    with pytest.raises(DatabaseError) as refused:
        client.query(sql, settings=settings) if sql.startswith("SELECT") else client.command(sql, settings=settings)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("sql", "code", "name", "status"),
    [
        ("SELEC 1", 62, "SYNTAX_ERROR", 400),
        ("", 62, "SYNTAX_ERROR", 400),
        ("-- only a remark", 62, "SYNTAX_ERROR", 400),
        ("SELECT 1; SELECT 2", 62, "SYNTAX_ERROR", 400),
        ("SELECT nothing", 47, "UNKNOWN_IDENTIFIER", 404),
        ("SELECT * FROM nothing", 60, "UNKNOWN_TABLE", 404),
        ("SELECT noSuchFunction()", 46, "UNKNOWN_FUNCTION", 404),
        ("SELECT * FROM nothing.nothing", 81, "UNKNOWN_DATABASE", 404),
        ("SELECT 1 FORMAT Nothing", 73, "UNKNOWN_FORMAT", 404),
        ("INSERT INTO nothing FORMAT Native\n", 60, "UNKNOWN_TABLE", 404),
        ("SELECT toUInt8('x')", 6, "CANNOT_PARSE_TEXT", 400),
        ("SELECT throwIf(1)", 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO", 500),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", 80, "INCORRECT_QUERY", 500),
        ("INSERT INTO one FROM INFILE '/etc/passwd' FORMAT CSV", 80, "INCORRECT_QUERY", 500),
        ("SELECT * FROM file('/etc/passwd', 'LineAsString')", 497, "ACCESS_DENIED", 403),
        ("SELECT * FROM url('http://127.0.0.1/', 'LineAsString')", 497, "ACCESS_DENIED", 403),
        ("CREATE TABLE f (a String) ENGINE = File(LineAsString, '/etc/passwd')", 497, "ACCESS_DENIED", 403),
    ],
)
def test_a_refusal_is_typed(store: Any, sql: str, code: int, name: str, status: int) -> None:
    """A refusal has ClickHouse's number, name and HTTP status; files and other machines are out of reach."""
    answer = store.post(sql)
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (status, str(code))
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    assert f"({name}) (version " in answer.text


def test_the_client_sees_number_and_name(client: Any) -> None:
    """clickhouse-connect raises its typed error with both."""
    with pytest.raises(DatabaseError) as refused:
        client.query("SELECT * FROM nothing")
    assert (refused.value.code, refused.value.name) == (60, "UNKNOWN_TABLE")


def test_an_unknown_setting_is_refused(store: Any) -> None:
    """A setting the engine does not know, or whose name is no name, never reaches a query."""
    assert store.post("SELECT 1", no_such_setting="1").headers["X-ClickHouse-Exception-Code"] == "115"
    hostile = {"max_threads = 1, readonly": "0"}
    assert store.post("SELECT 1", **hostile).headers["X-ClickHouse-Exception-Code"] == "115"


def test_a_setting_is_never_read_as_sql(store: Any) -> None:
    """A hostile value of a setting stays a value."""
    text = "x', max_threads = '1"
    answer = store.post("SELECT getSetting('log_comment')", log_comment=text, default_format="JSONEachRow")
    assert list(answer.json().values()) == [text]
