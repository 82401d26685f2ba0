"""Policies of projects for those that work without a request: merging and imports."""

from __future__ import annotations

import time
from typing import Final

from django.db import close_old_connections, connection

from backend.projects import key_changes
from backend.sensitive.policy import Policy

GOOD_FOR_S: Final = 1.0
"""How long one is believed, unless one changes on this machine."""


class Policies:
    """What was asked for lately."""

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[int, tuple[float, int, Policy]] = {}

    def of(self, project_id: int) -> Policy:
        """One project's.

        Raises:
            DatabaseError: it cannot be known, so nothing may be stored; trying again later helps.
        """
        now, changes = time.monotonic(), key_changes.count()
        known = self._known.get(project_id)
        if known is None or now - known[0] > GOOD_FOR_S or known[1] != changes:
            from backend.policies.models import policy_of  # models exist only once Django is set up

            if not connection.in_atomic_block:  # there it would end the transaction of whoever asks
                close_old_connections()
            self._known[project_id] = known = (now, changes, policy_of(project_id))
        return known[2]
