"""`make test` runs what can run here and adds it up."""

from __future__ import annotations

import pytest

from tests import everything, present
from tests.everything import added_up, parts


def test_summaries_are_added_up_in_pytests_own_form() -> None:
    """The last line counts the tests of all parts, failures first."""
    summaries = ["2 failed, 8 passed in 1.20s", "1 passed, 3 skipped, 190 deselected in 0.10s", "1 error in 2.00s"]
    assert added_up(summaries, 3.3) == "=== 2 failed, 1 errors, 9 passed, 3 skipped in 3.30s ==="
    assert added_up(["no summary"], 0.1) == "=== no tests ran in 0.10s ==="


def test_parts_follow_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite always, PostgreSQL and Chromium where they are; PostgreSQL gets a database of this run's own."""
    monkeypatch.setattr(everything, "chromium", lambda: "")
    monkeypatch.setattr(everything, "postgres_url", lambda: "")
    assert [part.name for part in parts([])] == ["on SQLite"]
    monkeypatch.setattr(everything, "chromium", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(everything, "postgres_url", lambda: "postgres://ada@127.0.0.1:5432/postgres")
    found = {part.name: part for part in parts(["tests/backend"])}
    assert list(found) == ["on SQLite", "on PostgreSQL", "in Chromium"]
    assert found["on PostgreSQL"].environ["ASSAY_TEST_DATABASE_URL"].startswith("postgres://ada@127.0.0.1:5432/assay_")
    assert all(part.arguments[-1] == "tests/backend" for part in found.values())


def test_ci_leaves_nothing_out(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    """With CI=true a missing server is a failure, elsewhere it is not."""
    monkeypatch.setattr(present, "missing", lambda: ["Redis"])
    monkeypatch.delattr(pytestconfig, "workerinput", raising=False)
    monkeypatch.setenv("CI", "")
    present.pytest_configure(pytestconfig)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.UsageError, match="no Redis"):
        present.pytest_configure(pytestconfig)
