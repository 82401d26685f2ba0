"""The store of this process, as the settings name it."""

from __future__ import annotations

from functools import cache

from backend.env import env
from backend.store.client import Store


@cache
def store() -> Store:
    """One shared connection a process; forked children make their own at their first question."""
    return Store(env().store_url, cluster=env().clickhouse_cluster)
