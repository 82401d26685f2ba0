"""How the process is started, and what the engine is told of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

# Caches of a machine that does other things too; the engine's own defaults are 5 GiB each.
_CACHES = {
    "mark_cache_size": 128 << 20,
    "primary_index_cache_size": 128 << 20,
    "index_mark_cache_size": 32 << 20,
    "query_condition_cache_size": 32 << 20,
}
# No FILE, URL, REMOTE, S3 and their like: a statement that should never have been sent reads no file of this
# machine and calls no other.
_GRANTS = (
    "GRANT SHOW, SELECT, INSERT, ALTER, CREATE, DROP, TRUNCATE, OPTIMIZE, CHECK, KILL QUERY, SYSTEM, INTROSPECTION,"
    " dictGet ON *.*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything the process is started with.

    Attributes:
        directory: where the data lies; one process a directory.
        secret: what the other processes authenticate with.
        memory_mib: cap of the engine over all queries; a share of the machine when 0.
        body_mib: largest request body, unpacked.
        fsync: whether an insert is acknowledged only when it survives a loss of power.
        short: threads for queries that promise to end soon.
        long: threads for all other queries.
        commands: threads for statements without an answer, as CREATE and INSERT SELECT.
        inserts: threads for inserts.
    """

    directory: Path
    secret: str
    host: str = "127.0.0.1"
    port: int = 0
    database: str = "assay"
    memory_mib: int = 0
    body_mib: int = 1024
    fsync: bool = True
    short: int = 16
    long: int = max(4, os.cpu_count() or 1)
    commands: int = 4
    inserts: int = 8

    @property
    def body_limit(self) -> int:
        """Largest request body in bytes, unpacked."""
        return self.body_mib << 20

    @property
    def spool(self) -> Path:
        """Where large answers wait until they are sent; emptied at each start."""
        return self.directory / "spool"

    def engine_address(self) -> str:
        """The address chDB opens, with the file this function writes.

        Raises:
            OSError: the directory cannot be written.
        """
        file = self.directory / "engine.xml"
        file.write_text(_xml(self, file))
        return f"{self.directory / 'engine'}?config-file={file}"


def _memory(config: Config) -> int:
    if config.memory_mib:
        return config.memory_mib << 20
    # Half of the machine: the web server, the worker with its models and the page cache live on the other half.
    total = Path("/proc/meminfo").read_text().split()[1] if Path("/proc/meminfo").exists() else str(4 << 20)
    return int(total) * 1024 // 2


def _xml(config: Config, file: Path) -> str:
    memory, base = _memory(config), config.directory
    values = {
        **{name: str(size) for name, size in _CACHES.items()},
        "max_server_memory_usage": str(memory),
        "background_pool_size": "2",
        "users_config": str(file),
        "display_name": "assay",
        **{f"{name}_path": f"{base / name}/" for name in ("tmp", "user_files", "format_schema", "user_scripts")},
    }
    # The engine refuses tables whose thresholds are above its two merge threads.
    table = dict.fromkeys((f"number_of_free_entries_in_pool_to_{deed}" for deed in _DEEDS), "1") | dict.fromkeys(
        ("fsync_after_insert", "fsync_part_directory"), "1" if config.fsync else "0"
    )
    profile = {"implicit_select": "0", "max_memory_usage": str(memory * 3 // 4)}
    return (
        f"<clickhouse>{_tags(values)}<merge_tree>{_tags(table)}</merge_tree>"
        f"<profiles><default>{_tags(profile)}</default></profiles><quotas><default/></quotas>"
        "<users><default><password></password><networks><ip>::/0</ip></networks><profile>default</profile>"
        f"<quota>default</quota><grants><query>{_GRANTS}</query></grants></default></users></clickhouse>\n"
    )


_DEEDS = ("execute_mutation", "lower_max_size_of_merge", "execute_optimize_entire_partition")


def _tags(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
