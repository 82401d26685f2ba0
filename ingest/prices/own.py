"""Prices that projects set for themselves, as the writing process knows them."""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import Final

from django.db import DatabaseError, InterfaceError, close_old_connections

from ingest.prices.table import Price

log = logging.getLogger(__name__)

EVERY_S: Final = 10.0
"""How soon a price that was set holds for spans that come in."""


class OwnPrices:
    """All projects' prices, read every few seconds; while the database is away the last ones hold."""

    def __init__(self) -> None:
        """Know none yet."""
        self._prices: dict[int, tuple[Price, ...]] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="prices", daemon=True)

    def start(self) -> OwnPrices:
        """Read once, then go on reading."""
        self._read()
        self._thread.start()
        return self

    def close(self) -> None:
        """End."""
        self._closing.set()

    def of(self, project_id: int) -> tuple[Price, ...]:
        """Prices of one project, the latest first."""
        return self._prices.get(project_id, ())

    def _follow(self) -> None:
        while not self._closing.wait(EVERY_S):
            close_old_connections()  # this thread's own: nobody else drops one that the database has ended
            self._read()

    def _read(self) -> None:
        try:
            self._prices = load()
        except (DatabaseError, InterfaceError) as fault:
            log.warning("the prices of projects could not be read, those known before hold: %s", fault)


def load(project_id: int | None = None) -> dict[int, tuple[Price, ...]]:
    """Read what is set, of one project or of all, the latest first."""
    from backend.prices.models import ProjectPrice  # models exist only once Django is set up; this module comes before

    rows = ProjectPrice.objects.order_by("-since", "-pk")
    found: dict[int, tuple[Price, ...]] = {}
    for row in rows if project_id is None else rows.filter(project_id=project_id):
        price = Price(
            model=row.model,
            since=row.since,
            input=row.input,
            output=row.output,
            cached_input=row.cached_input,
            cache_write=row.cache_write,
            cache_write_hour=row.cache_write_hour,
            audio_input=row.audio_input,
            audio_output=row.audio_output,
            source="set for this project",
            checked=row.since,
        )
        found[row.project_id] = (*found.get(row.project_id, ()), price)
    return found


@cache
def own_prices() -> OwnPrices:
    """This process's, started at the first call."""
    return OwnPrices().start()
