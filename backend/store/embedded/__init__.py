"""A ClickHouse of one machine: the ClickHouse HTTP interface on loopback over an in-process chDB engine.

Start it with ``python -m backend.store.embedded --data DIR --host 127.0.0.1 --port N``; docs/embedded-store.md
says what of the interface is served and what is not.
"""
