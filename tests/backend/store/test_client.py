"""Questions come back as typed rows, and faults as typed errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from backend.errors import QueryTooHeavy, SettingError, StoreAway, StoreError
from backend.store.client import Store
from backend.store.query import Query
from tests.settings import free_port


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    text: str


def _query(sql: str) -> Query[_Row]:
    return Query("test", sql, _Row, scope="installation")


def test_rows_are_typed(store: Store) -> None:
    """Each row is the query's own dataclass."""
    assert store.fetch(_query("SELECT 1 AS number, 'a' AS text")) == [_Row(1, "a")]


@pytest.mark.parametrize("value", ["it's", "\\", "'); DROP TABLE span; --", "{x:String}", "\n\t\0", "𝔘😀", "%s %(a)s"])
def test_values_reach_the_server_as_parameters(store: Store, value: str) -> None:
    """Hostile text comes back as it was, and does nothing."""
    assert store.fetch(_query("SELECT 1 AS number, {value:String} AS text"), value=value) == [_Row(1, value)]


def test_times_are_aware(store: Store) -> None:
    """A time from the store never meets a naive one."""

    @dataclass(frozen=True, slots=True)
    class At:
        at: datetime

    query = Query("test_time", "SELECT toDateTime64('2026-01-02 03:04:05', 3, 'UTC') AS at", At, scope="installation")
    assert store.fetch(query) == [At(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))]


def test_columns_must_be_the_rows_fields(store: Store) -> None:
    """A renamed column is found at the first call, not on a page."""
    with pytest.raises(StoreError, match="columns"):
        store.fetch(_query("SELECT 1 AS number, 'a' AS word"))


def test_a_refused_query_says_which_and_why(store: Store) -> None:
    """The error carries ClickHouse's number and our name."""
    with pytest.raises(StoreError, match="test") as caught:
        store.fetch(_query("SELECT nonsense"))
    assert caught.value.number == 47


def test_a_query_over_its_limit_is_too_heavy(store: Store) -> None:
    """The page says to ask for less, not that the store is broken."""
    with pytest.raises(QueryTooHeavy):
        store.fetch(_query("SELECT number, toString(number) AS text FROM numbers(200000)"))


def test_a_store_that_does_not_answer_is_away() -> None:
    """Nobody listens there."""
    store = Store(f"http://u:p@127.0.0.1:{free_port()}/assay")
    assert not store.ping()
    with pytest.raises(StoreAway, match="does not answer"):
        store.fetch(_query("SELECT 1 AS number, 'a' AS text"))


def test_a_wrong_address_is_refused_at_once() -> None:
    """With the form it must have."""
    with pytest.raises(SettingError, match="ASSAY_CLICKHOUSE_URL"):
        Store("clickhouse://somewhere")


def test_a_projects_query_must_name_the_project() -> None:
    """Forgetting it would show one team another's traces."""
    with pytest.raises(ValueError, match="project_id"):
        Query("test_leak", "SELECT 1 AS number, 'a' AS text FROM span", _Row)


def test_streams_yield_rows(store: Store) -> None:
    """Block by block, in order."""
    query = Query("test_stream", "SELECT number, 'x' AS text FROM numbers(100000)", _Row, "export", "installation")
    numbers = [row.number for row in store.stream(query)]
    assert numbers == list(range(100000))
