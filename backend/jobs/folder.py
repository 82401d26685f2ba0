"""The broker in a folder: kombu's, with messages that appear whole or not at all.

Kombu's own opens a message's file under its name and writes it afterwards; a worker that looks between the two reads
nothing, takes that for damage and ends. A process that is killed between them leaves such a file for good.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps

log = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """Puts a message in its place by renaming it, and drops one that cannot be read."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # kombu names it twice
        """Put a message onto a queue; names sort by time, across restarts of the machine too."""
        target = Path(self.data_folder_out) / f"{time.time_ns():020d}_{uuid4()}.{queue}.msg"
        draft = target.with_suffix(".draft")
        try:
            draft.touch(mode=0o600, exist_ok=False)
            draft.write_text(dumps(payload), "utf-8")  # type: ignore[no-untyped-call]
            draft.replace(target)
        except OSError as fault:
            draft.unlink(missing_ok=True)
            raise ChannelError(f"cannot write {target.name} into the broker's folder: {fault.strerror}") from fault

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """Take the oldest message of a queue; one that is damaged is dropped, as any message may be lost."""
        while True:
            try:
                return super()._get(queue)  # type: ignore[no-untyped-call]  # kombu's has no types
            except ValueError as fault:
                log.warning("a message of queue %s that cannot be read was dropped: %s", queue, fault)


class Transport(filesystem.Transport):
    """Celery finds it by ``broker_transport``."""

    Channel = Channel
