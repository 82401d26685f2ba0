"""One SQL text serves one machine and a cluster, and applied migrations never change."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import SettingError, StoreError
from backend.store.client import Store
from backend.store.schema import migrate, migrations, render

SNAPSHOTS = Path(__file__).parent / "snapshots"


def _statements(cluster: str) -> list[str]:
    return [statement for migration in migrations() for statement in render(migration.sql, cluster, "assay")]


@pytest.mark.parametrize("cluster", ["", "main"])
def test_the_schema_is_the_one_that_was_reviewed(cluster: str) -> None:
    """A change of any table shows in a snapshot; delete the file to accept it anew, and read the difference."""
    snapshot = SNAPSHOTS / f"schema_{cluster or 'single'}.sql"
    text = ";\n\n".join(_statements(cluster)) + ";\n"
    if not snapshot.exists():
        snapshot.write_text(text)
        pytest.fail(f"{snapshot.name} was missing and is written; read it and run again")
    assert text == snapshot.read_text()


def test_a_clusters_tables_parse(store: Store) -> None:
    """No cluster runs here; ClickHouse's own parser reads each statement of it."""
    statements = _statements("main")
    assert any("ReplicatedReplacingMergeTree" in statement for statement in statements)
    assert any("Distributed('main', 'assay'" in statement for statement in statements)
    for statement in statements:
        store.command(f"EXPLAIN AST {statement}")


def test_each_cluster_table_is_local_and_distributed() -> None:
    """Rows live in the local table; the plain name reaches all of them."""
    statements = _statements("main")
    tables = {statement.split()[5] for statement in statements if statement.startswith("CREATE TABLE")}
    locals_ = {table for table in tables if table.endswith("_local")}
    assert {table.removesuffix("_local") for table in locals_} == tables - locals_


def test_migrating_again_does_nothing(store: Store) -> None:
    """Every start runs it."""
    assert migrate(store) == []


def test_an_edited_migration_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was applied is what the file still says, or nothing starts."""
    first, *rest = migrations()
    edited = type(first)(first.number, first.name, first.sql + "\n-- changed\n")
    monkeypatch.setattr("backend.store.schema.migrations", lambda: [edited, *rest])
    with pytest.raises(StoreError, match="never edited"):
        migrate(store)


def test_a_gap_in_the_numbers_is_refused(tmp_path: Path) -> None:
    """Two branches that both add 0003 meet here and not in production."""
    (tmp_path / "0001_a.sql").write_text("SELECT 1")
    (tmp_path / "0003_b.sql").write_text("SELECT 1")
    with pytest.raises(SettingError, match="without a gap"):
        migrations(tmp_path)
