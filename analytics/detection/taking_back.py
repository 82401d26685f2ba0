"""Flags of a detector that is gone."""

from __future__ import annotations

import time
from typing import Final

from backend.store.connection import store

_TAKE_BACK: Final = """
INSERT INTO flag (project_id, turn_id, detector, version, is_deleted)
SELECT project_id, turn_id, detector, {version:UInt64}, 1 FROM flag FINAL
WHERE project_id = {project_id:UInt32} AND detector = {detector:String}
"""


def take_back(project_id: int, detector: str) -> None:
    """Take all flags of a detector back, in one statement.

    Raises:
        StoreAway: ClickHouse does not answer; doing it again takes back the rest.
    """
    store().command(_TAKE_BACK, {"project_id": project_id, "detector": detector, "version": time.time_ns()})
