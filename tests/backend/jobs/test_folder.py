"""The broker in a folder: what a reader sees is whole, and what is damaged stops nobody."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import Empty
from uuid import uuid4

import pytest
from kombu import Connection

from backend.celery import application
from backend.env import env
from backend.jobs import folder


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A connection as the worker's application makes it."""
    with application(replace(env(), home=tmp_path, broker_url="")).connection_for_write() as made:
        yield made


@pytest.fixture
def name() -> str:
    """A queue of the test's own: kombu remembers in the whole process which ones it has made, in whatever folder."""
    return f"queue-{uuid4()}"


def _put_many(connection: Connection, name: str, count: int) -> None:
    queue = connection.SimpleQueue(name)
    for number in range(count):
        queue.put({"number": number, "text": "x" * 20_000})


def test_messages_come_whole_and_in_their_order(connection: Connection, name: str) -> None:
    """The application's broker is this one; what goes in comes out."""
    queue = connection.SimpleQueue(name)
    assert isinstance(queue.channel, folder.Channel)
    for number in range(5):
        queue.put({"number": number})
    taken = [queue.get_nowait() for _ in range(5)]
    assert [message.payload["number"] for message in taken] == list(range(5))
    with pytest.raises(Empty):
        queue.get_nowait()


def test_a_reader_never_sees_half_a_message(connection: Connection, name: str, tmp_path: Path) -> None:
    """Another process writes while this one reads every file at once."""
    writer = multiprocessing.get_context("fork").Process(target=_put_many, args=(connection, name, 200))
    writer.start()
    queue = connection.SimpleQueue(name)
    seen = []
    while writer.is_alive() or any((tmp_path / "broker" / "queue").glob("*.msg")):
        try:
            seen.append(queue.get_nowait().payload["number"])
        except Empty:
            continue
    assert sorted(seen) == list(range(200))


@pytest.mark.parametrize("left", [b"", b'{"body": "abc', b"\xff\xfe"])
def test_a_damaged_message_is_dropped(
    connection: Connection, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, left: bytes
) -> None:
    """What a killed process left is passed over with a word; the next message comes."""
    queue = connection.SimpleQueue(name)
    (tmp_path / "broker" / "queue" / f"00_killed.{name}.msg").write_bytes(left)
    queue.put({"number": 1})
    message = queue.get_nowait()
    assert message.payload["number"] == 1
    message.ack()
    assert "cannot be read was dropped" in caplog.text
    assert not list((tmp_path / "broker" / "queue").iterdir())
