"""The HTTP face: who may ask, what headers say, how bodies are packed, and what is refused."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode
from typing import Any

import httpx
import lz4.frame
import pytest
from backports import zstd
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData

PACKED = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
    "lz4": lz4.frame.compress,
}


def basic(user: str, key: str) -> dict[str, str]:
    """A Basic header."""
    return {"Authorization": "Basic " + b64encode(f"{user}:{key}".encode()).decode()}


def test_ping_asks_for_no_secret(store: Any) -> None:
    """The supervisor may ask whether the store lives without knowing its secret."""
    answer = httpx.get(f"{store.url}/ping")
    assert (answer.status_code, answer.text) == (200, "Ok.\n")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-ClickHouse-User": "assay", "X-ClickHouse-Key": "wrong"},
        {"X-ClickHouse-User": "assay"},
        {"X-ClickHouse-User": "default", "X-ClickHouse-Key": "not' a \\ guess"},
        basic("assay", "wrong"),
        basic("assay", ""),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Bearer not' a \\ guess"},
    ],
)
def test_nobody_asks_without_the_secret(store: Any, headers: dict[str, str]) -> None:
    """A missing or wrong secret is ClickHouse's error 516 with status 403, and nothing runs."""
    answer = httpx.post(f"{store.url}/?database=assay", content="CREATE DATABASE stolen", headers=headers)
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "516")
    assert "(AUTHENTICATION_FAILED)" in answer.text
    assert "guess" not in answer.text
    assert "stolen" not in store.post("SHOW DATABASES").text


def test_both_ways_to_tell_the_secret_are_known(store: Any) -> None:
    """Basic authentication and ClickHouse's own headers let the user in."""
    known = basic("assay", "not' a \\ guess")
    assert httpx.post(store.url, content="SELECT 1", headers=known).text == "1\n"
    assert store.post("SELECT 1").text == "1\n"


def test_the_client_with_a_wrong_secret_is_told(store: Any) -> None:
    """clickhouse-connect raises ClickHouse's authentication error."""
    with pytest.raises(DatabaseError) as refused:
        store.client(password="wrong")
    assert refused.value.code == 516


def test_headers_say_what_a_server_says(store: Any) -> None:
    """Query id, format, zone, name and summary stand in the headers."""
    answer = store.post("SELECT number FROM numbers(3)", query_id="my id", default_format="JSONEachRow")
    assert answer.headers["X-ClickHouse-Query-Id"] == "my id"
    assert answer.headers["X-ClickHouse-Format"] == "JSONEachRow"
    assert answer.headers["X-ClickHouse-Timezone"] == "UTC"
    assert answer.headers["X-ClickHouse-Server-Display-Name"] == "assay"
    summary = json.loads(answer.headers["X-ClickHouse-Summary"])
    assert (summary["result_rows"], summary["read_rows"]) == ("3", "3")
    assert int(summary["elapsed_ns"]) > 0


def test_the_summary_counts_what_was_written(store: Any) -> None:
    """An insert's summary says how many rows it wrote."""
    store.post("CREATE OR REPLACE TABLE counted (a UInt8) ENGINE = MergeTree ORDER BY a")
    answer = store.post("INSERT INTO counted VALUES (1), (2)")
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "2"
    assert "X-ClickHouse-Format" not in answer.headers


def test_a_get_changes_nothing(store: Any) -> None:
    """GET reads and may not write, as with a server."""
    assert store.raw("/?query=SELECT+1").text == "1\n"
    refused = store.raw("/?query=CREATE+TABLE+got+(a+UInt8)+ENGINE=Memory")
    assert refused.headers["X-ClickHouse-Exception-Code"] == "164"


@pytest.mark.parametrize("clause", ["", " FORMAT {}", " -- FORMAT TSV", " FORMAT {} SETTINGS max_threads = 1", ";"])
@pytest.mark.parametrize("name", ["JSON", "CSVWithNames", "JSONCompact", "TSVWithNamesAndTypes", "JSONEachRow"])
def test_a_format_is_whole(store: Any, name: str, clause: str) -> None:
    """An answer of many blocks has one head and one foot, wherever its format is named."""
    sql = "SELECT number AS n FROM numbers(5000) ORDER BY n" + clause.format(name)
    text = store.post(sql, default_format=name, max_block_size="1000").text
    assert text.replace('"', "").count("n\n") == (1 if "WithNames" in name else 0)
    assert text.rstrip("\n}").count("4999") >= 1
    if name.startswith("JSON") and name != "JSONEachRow":
        assert len(json.loads(text)["data"]) == 5000


def test_a_column_may_be_called_format(store: Any) -> None:
    """The word is a clause only where a clause can stand."""
    assert store.post("SELECT format FROM (SELECT 1 AS format)").text == "1\n"
    assert store.post("SELECT 'a FORMAT JSON' AS x -- FORMAT JSON").text == "a FORMAT JSON\n"


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("waits", ["0", "1"])
def test_an_answer_is_packed_as_asked(store: Any, encoding: str, waits: str) -> None:
    """Answers of one piece and of many come in the encoding that the client names."""
    client = store.client(compress=encoding)
    rows = client.query("SELECT toString(number) FROM numbers(300000)", settings={"wait_end_of_query": waits})
    assert rows.result_rows[-1] == ("299999",)
    answer = store.post("SELECT 1", {"Accept-Encoding": encoding}, enable_http_compression="1")
    assert answer.headers["Content-Encoding"] == encoding


def test_an_answer_is_packed_only_when_asked(store: Any) -> None:
    """Accept-Encoding alone packs nothing: a server does so only with enable_http_compression."""
    assert "Content-Encoding" not in store.post("SELECT 1", {"Accept-Encoding": "gzip"}).headers
    plain = store.post("SELECT 1", {"Accept-Encoding": "br"}, enable_http_compression="1")
    assert (plain.text, plain.headers.get("Content-Encoding")) == ("1\n", None)


@pytest.mark.parametrize("encoding", PACKED)
def test_a_packed_body_is_unpacked(store: Any, encoding: str) -> None:
    """Bodies of one frame and of several are read in each encoding."""
    store.post("CREATE OR REPLACE TABLE packed (a UInt64) ENGINE = MergeTree ORDER BY a")
    pack = PACKED[encoding]
    halves = [b'{"a": 1}\n' * 20_000, b'{"a": 2}\n' * 20_000]
    body = b"".join(pack(half) for half in halves)
    answer = store.post(body, {"Content-Encoding": encoding}, query="INSERT INTO packed FORMAT JSONEachRow")
    assert answer.status_code == 200, answer.text
    assert store.post("SELECT count(), sum(a) FROM packed").text == "40000\t60000\n"


@pytest.mark.parametrize("encoding", PACKED)
def test_a_broken_packed_body_is_refused(store: Any, encoding: str) -> None:
    """A body that stops in a frame, or is none, stores nothing."""
    store.post("CREATE OR REPLACE TABLE torn (a UInt64) ENGINE = MergeTree ORDER BY a")
    whole = PACKED[encoding](b'{"a": 1}\n' * 20_000)
    for body in (whole[: len(whole) // 2], b"no frame at all"):
        answer = store.post(body, {"Content-Encoding": encoding}, query="INSERT INTO torn FORMAT JSONEachRow")
        assert answer.headers["X-ClickHouse-Exception-Code"] == "271"
    assert store.post("SELECT count() FROM torn").text == "0\n"


@pytest.mark.parametrize("encoding", ["", *PACKED])
def test_a_body_over_the_limit_is_refused(store: Any, encoding: str) -> None:
    """The limit is on the unpacked size, announced or not, so a bomb is no way around it."""
    store.post("CREATE OR REPLACE TABLE bombed (a String) ENGINE = MergeTree ORDER BY a")
    rows = b"x" * 100 + b"\n"
    body = PACKED.get(encoding, bytes)(rows * 90_000)
    headers = {"Content-Encoding": encoding} if encoding else {}
    query = "INSERT INTO bombed FORMAT TabSeparated"
    for content in (body, (body[at : at + 65536] for at in range(0, len(body), 65536))):
        answer = store.post(content, headers, query=query)
        assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (413, "290")
        assert "the limit is 8.0 MiB" in answer.text
    assert store.post("SELECT count() FROM bombed").text == "0\n"


def test_a_query_text_over_the_limit_is_refused(store: Any) -> None:
    """A text above the engine's max_query_size is its own error, not ours."""
    answer = store.post("SELECT '" + "x" * 300_000 + "'")
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (400, "62")
    assert "max_query_size" in answer.text


@pytest.mark.parametrize(
    ("headers", "params", "code"),
    [
        ({"Content-Encoding": "br"}, {}, "48"),
        ({}, {"compress": "1"}, "48"),
        ({}, {"decompress": "1"}, "48"),
        ({"Content-Type": "multipart/form-data"}, {}, "36"),
        ({"Content-Type": "multipart/form-data; boundary=b"}, {}, "36"),
        ({}, {"param_a b": "1"}, "115"),
        ({}, {"database": "nowhere"}, "81"),
    ],
)
def test_what_is_not_served_is_refused(store: Any, headers: dict[str, str], params: dict[str, str], code: str) -> None:
    """A part of the interface that is not served is named, never half done."""
    assert store.post("SELECT 1 AS x", headers, **params).headers["X-ClickHouse-Exception-Code"] == code


def test_external_tables_are_refused(client: Any) -> None:
    """A table sent along with a query is refused by name."""
    table = ExternalData(file_name="ids.csv", data=b"1\n", fmt="CSV", structure="a UInt8")
    with pytest.raises(DatabaseError) as refused:
        client.query("SELECT * FROM ids", external_data=table)
    assert refused.value.code == 48


def test_a_session_is_accepted_and_holds_nothing(store: Any) -> None:
    """A client that makes session ids by itself works; settings of a session do not outlive their query."""
    client = store.client(autogenerate_session_id=True)
    client.command("SET max_block_size = 7")
    assert client.query("SELECT getSetting('max_block_size')").first_row != (7,)


def test_the_database_is_there_at_the_first_start(client: Any) -> None:
    """The database of Assay is made at the start and is where queries run."""
    assert client.query("SELECT currentDatabase()").first_row == ("assay",)
