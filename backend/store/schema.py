"""Numbered, forward-only migrations of ClickHouse: one SQL text for one machine and for a cluster."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.errors import SettingError, StoreError
from backend.store.client import Store
from backend.store.query import Query

FOLDER = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of SQL.

    Attributes:
        number: from the file's name; the order.
        name: the file's name without its ending.
        sql: the text with its placeholders.
    """

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Names the text, so that a file edited after it was applied is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Applied:
    number: int
    checksum: str


_APPLIED = Query(
    "schema_applied", "SELECT number, checksum FROM migration FINAL ORDER BY number", _Applied, scope="installation"
)

# Where a cluster has to keep rows of one key together, so that replacing and FINAL work on one shard.
_SHARD_BY = {
    "span": "trace_id", "span_preview": "trace_id", "trace_time": "trace_id", "turn": "turn_id",
    "embedding": "text_key", "topic_assignment": "conversation_id", "flag": "turn_id", "score": "score_id",
    "ledger": "subject_id", "migration": "number", "wire_part": "trace_id", "shadow": "turn_id",
    "trace_fate": "trace_id",
}  # fmt: skip


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """All migrations in order.

    Raises:
        SettingError: two files carry one number, or a number is missing.
    """
    found = [Migration(int(path.name[:4]), path.stem, path.read_text()) for path in sorted(folder.glob("[0-9]*.sql"))]
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise SettingError(f"migrations in {folder.name} must be numbered 0001, 0002, ... without a gap")
    return found


def migrate(store: Store, cluster: str = "") -> list[str]:
    """Apply what is not yet applied and return the names of those migrations.

    Args:
        store: the connection; its database must exist.
        cluster: ClickHouse cluster name; empty for one machine.

    Raises:
        StoreError: an applied migration's text has changed since, or a statement failed.
    """
    for statement in render(_MIGRATION_TABLE, cluster, store.database):
        store.command(statement)
    applied = {row.number: row.checksum for row in store.fetch(_APPLIED)}
    done = []
    for migration in migrations():
        if migration.number in applied:
            _check(migration, applied[migration.number])
            continue
        for statement in render(migration.sql, cluster, store.database):
            store.command(statement)
        store.insert(
            "migration", ["number", "name", "checksum"], [[migration.number], [migration.name], [migration.checksum]]
        )
        done.append(migration.name)
    return done


def render(sql: str, cluster: str, database: str) -> Iterator[str]:
    """Write out the statements of one migration for one machine or for a cluster.

    ``@name`` after CREATE TABLE is a table, ``@engine(Engine, arguments)`` its engine, ``@local(name)`` the table that
    holds rows on this machine and ``@view(name)`` a materialized view. On a cluster each table becomes a replicated
    ``name_local`` and a distributed ``name``.
    """
    for statement in re.split(r";\s*\n", re.sub(r"^--.*\n", "", sql, flags=re.MULTILINE)):
        if statement.strip():
            yield from _render_statement(statement.strip().rstrip(";"), cluster, database)


def _render_statement(statement: str, cluster: str, database: str) -> Iterator[str]:
    on_cluster = f" ON CLUSTER '{cluster}'" if cluster else ""
    suffix = "_local" if cluster else ""
    altered = re.match(r"ALTER TABLE @(?!local\()(\w+)", statement)
    if altered:
        for name in (f"{altered[1]}_local", altered[1]) if cluster else (altered[1],):
            yield f"ALTER TABLE {name}{on_cluster}{statement[altered.end() :]}"
        return
    table = re.search(r"CREATE TABLE @(\w+)", statement)
    statement = re.sub(r"CREATE TABLE @(\w+)", rf"CREATE TABLE IF NOT EXISTS \g<1>{suffix}{on_cluster}", statement)
    statement = re.sub(
        r"CREATE MATERIALIZED VIEW @view\((\w+)\)",
        rf"CREATE MATERIALIZED VIEW IF NOT EXISTS \g<1>{on_cluster}",
        statement,
    )
    # What concerns how rows lie on disk is told to the tables that hold them, and to no distributed one.
    statement = re.sub(r"^ALTER TABLE @local\((\w+)\)", rf"ALTER TABLE \g<1>{suffix}{on_cluster}", statement)
    statement = re.sub(r"@local\((\w+)\)", rf"\g<1>{suffix}", statement)
    statement = re.sub(
        r"@engine\((\w+)(?:, ([^)]*))?\)", lambda found: _engine(found[1], found[2] or "", cluster), statement
    )
    yield statement
    if cluster and table:
        name = table[1]
        yield (
            f"CREATE TABLE IF NOT EXISTS {name}{on_cluster} AS {name}_local"
            f" ENGINE = Distributed('{cluster}', '{database}', '{name}_local', cityHash64({_SHARD_BY[name]}))"
        )


def _engine(engine: str, arguments: str, cluster: str) -> str:
    if not cluster:
        return f"{engine}({arguments})"
    where = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
    return f"Replicated{engine}({where}{', ' if arguments else ''}{arguments})"


def _check(migration: Migration, checksum: str) -> None:
    if migration.checksum != checksum:
        raise StoreError(
            f"migration {migration.name} was applied with another text than the file now has;"
            " migrations are never edited: restore the file and add a new one"
        )


_MIGRATION_TABLE = """
CREATE TABLE @migration (
    number UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @engine(ReplacingMergeTree, applied_at)
ORDER BY number;
"""
