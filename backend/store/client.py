"""The one connection to ClickHouse, embedded or a server: questions in, typed rows out."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.binding import quote_identifier
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError
from clickhouse_connect.driver.exceptions import OperationalError as DriverAway

from backend.errors import QueryTooHeavy, SettingError, StoreAway, StoreError
from backend.store.query import CLASSES, Query

Row = TypeVar("Row")

# ClickHouse's numbers: what more time, memory or a smaller range would have answered, and what a later try would.
_TOO_HEAVY = {159: "time", 160: "time", 241: "memory", 396: "rows", 158: "rows", 307: "bytes"}
_AWAY = {202, 209, 210, 242, 252, 279, 439}


class Store:
    """Connection to one database of ClickHouse; safe to share between threads."""

    def __init__(self, url: str, *, cluster: str = "") -> None:
        """Remember where ClickHouse is; the first question connects.

        Args:
            url: ``http(s)://USER:PASSWORD@HOST:PORT/DATABASE``.
            cluster: ClickHouse cluster name; empty for one machine.

        Raises:
            SettingError: the address is no such URL.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingError("ASSAY_CLICKHOUSE_URL must be http(s)://USER:PASSWORD@HOST:PORT/DATABASE")
        self.database = parts.path.strip("/") or "assay"
        self.cluster = cluster
        self._where = f"{parts.hostname}:{parts.port or 8123}"
        self._arguments: dict[str, Any] = {
            "interface": parts.scheme,
            "host": parts.hostname,
            "port": parts.port or (8443 if parts.scheme == "https" else 8123),
            "username": unquote(parts.username or "default"),
            "password": unquote(parts.password or ""),
            "database": self.database,
            "autogenerate_session_id": False,  # sessions would serialise the questions of one client
            "tz_mode": "aware",
            "connect_timeout": 3,
            "send_receive_timeout": 620,
            "query_retries": 1,
        }
        self._lock = threading.Lock()
        self._connected: Any = None

    def fetch(self, query: Query[Row], **parameters: Any) -> list[Row]:
        """Ask and return all rows.

        Raises:
            StoreAway: ClickHouse cannot be reached.
            QueryTooHeavy: the question ran into its class's limits.
            StoreError: ClickHouse refused it.
        """
        client = self._client()
        try:
            answer = client.query(
                query.sql,
                parameters=parameters,
                settings={**CLASSES[query.limits].settings(), "log_comment": query.name},
            )
        except (ClickHouseError, OSError) as fault:
            raise self._typed(fault, query.name) from fault
        if answer.column_names and tuple(answer.column_names) != query.columns:  # an empty answer may have no header
            raise StoreError(f"query {query.name}: columns {answer.column_names} are not the row's {query.columns}")
        return [query.row(*values) for values in answer.result_rows]

    def stream(self, query: Query[Row], **parameters: Any) -> Iterator[Row]:
        """Ask and yield rows block by block, so that an export never stands in memory whole.

        Raises:
            StoreAway, QueryTooHeavy, StoreError: as ``fetch``, also while rows are read.
        """
        client = self._client()
        settings = {**CLASSES[query.limits].settings(), "log_comment": query.name}
        try:
            with client.query_row_block_stream(query.sql, parameters=parameters, settings=settings) as blocks:
                for block in blocks:
                    for values in block:
                        yield query.row(*values)
        except (ClickHouseError, OSError) as fault:
            raise self._typed(fault, query.name) from fault

    def insert(self, table: str, columns: Sequence[str], values: Sequence[Sequence[Any]], **settings: Any) -> None:
        """Insert one block, given as columns of equal length.

        Raises:
            StoreAway: ClickHouse cannot be reached: nothing is known to be stored.
            StoreError: ClickHouse refused the block.
        """
        if not values or not len(values[0]):
            return
        try:
            self._client().insert(table, values, column_names=columns, column_oriented=True, settings=settings or None)
        except (ClickHouseError, OSError) as fault:
            raise self._typed(fault, f"insert into {table}") from fault

    def insert_texts(
        self, table: str, columns: Sequence[str], texts: Iterable[bytes], *, form: str, **settings: Any
    ) -> None:
        """Insert rows that are already written out in one of ClickHouse's formats, as one block.

        Args:
            table: name of the table.
            columns: names of the columns, in the order of the values.
            texts: pieces of the rows' text, one behind the other.
            form: ClickHouse's name of the format.
            settings: of this insert.

        Raises:
            StoreAway, StoreError: as ``insert``.
        """
        names = ", ".join(map(quote_identifier, columns))
        # The statement stands before the rows already: given apart, the driver would copy all of them once more.
        body = b"".join([f"INSERT INTO {table} ({names}) FORMAT {form}\n".encode(), *texts])
        try:
            self._client().raw_insert(insert_block=body, settings=settings or None)
        except (ClickHouseError, OSError) as fault:
            raise self._typed(fault, f"insert into {table}") from fault

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that answers nothing.

        With parameters it may be sent a second time where the connection ends, so it must do no harm twice.

        Raises:
            StoreAway, StoreError: as ``fetch``.
        """
        client = self._client()
        try:
            if parameters:  # which the driver sends in the body where they are long; with a command never
                client.raw_query(sql, parameters=dict(parameters))
            else:
                client.command(sql)
        except (ClickHouseError, OSError) as fault:
            raise self._typed(fault, sql.split("(", 1)[0][:80]) from fault

    def ping(self) -> bool:
        """Whether ClickHouse answers now."""
        try:
            return bool(self._client().ping())
        except StoreError:
            return False

    def close(self) -> None:
        """End the connection; the next question connects anew."""
        with self._lock:
            if self._connected is not None:
                self._connected.close()
                self._connected = None

    def _client(self) -> Any:
        if self._connected is None:
            with self._lock:
                if self._connected is None:
                    try:
                        self._connected = clickhouse_connect.get_client(**self._arguments)
                    except (ClickHouseError, OSError) as fault:
                        raise self._typed(fault, "connect") from fault
        return self._connected

    def _typed(self, fault: Exception, name: str) -> StoreError:
        number = getattr(fault, "code", None) or _number_in(str(fault))
        text = str(fault).split("\n", 1)[0][:500]
        if number in _TOO_HEAVY:
            return QueryTooHeavy(f"{name} took too much {_TOO_HEAVY[number]}; ask for a shorter time range", number)
        if number in _AWAY or (not number and isinstance(fault, DriverAway | OSError)):
            return StoreAway(f"ClickHouse at {self._where} does not answer ({name}): {text}", number)
        if not number and not isinstance(fault, DatabaseError):
            return StoreAway(f"ClickHouse at {self._where} does not answer ({name}): {text}")
        return StoreError(f"{name}: {text}", number)


def _number_in(text: str) -> int:
    _, found, rest = text.partition("Code: ")
    digits = rest.split(".", 1)[0].strip()
    return int(digits) if found and digits.isdigit() else 0
