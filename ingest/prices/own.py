"""Prices that projects set for themselves, as the writing process knows them."""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import Final

from django.db import DatabaseError, InterfaceError, close_old_connections

from ingest.prices.table import NONE, OwnTable, Price

log = logging.getLogger(__name__)

OWN: Final = "set for this project"
"""Source of such a price."""
EVERY_S: Final = 10.0
"""How soon a price that was set holds for spans that come in."""


class OwnPrices:
    """All projects' prices, read every few seconds; while the database is away the last ones hold."""

    def __init__(self) -> None:
        """Know none yet."""
        self._prices: dict[int, OwnTable] = {}
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

    def of(self, project_id: int) -> OwnTable:
        """Prices of one project, the latest first."""
        return self._prices.get(project_id, NONE)

    def _follow(self) -> None:
        while not self._closing.wait(EVERY_S):
            close_old_connections()  # this thread's own: nobody else drops one that the database has ended
            self._read()

    def _read(self) -> None:
        try:
            found = load()
        except (DatabaseError, InterfaceError) as fault:
            log.warning("the prices of projects could not be read, those known before hold: %s", fault)
            return
        # What did not change stays the same object, so that what is remembered of it is found without a comparison.
        known = self._prices
        self._prices = {key: known[key] if known.get(key) == table else table for key, table in found.items()}


def load(project_id: int | None = None) -> dict[int, OwnTable]:
    """Read what is set, of one project or of all, the latest first."""
    # Models exist only once Django is set up; this module comes before.
    from backend.prices.models import FIGURES, ProjectPrice

    rows = ProjectPrice.objects.order_by("-since", "-pk")
    found: dict[int, list[Price]] = {}
    for row in rows if project_id is None else rows.filter(project_id=project_id):
        figures = {name: getattr(row, name) for name in FIGURES}
        price = Price(model=row.model, since=row.since, source=OWN, checked=row.since, **figures)
        found.setdefault(row.project_id, []).append(price)
    return {key: OwnTable(prices) for key, prices in found.items()}


@cache
def own_prices() -> OwnPrices:
    """This process's, started at the first call."""
    return OwnPrices().start()
