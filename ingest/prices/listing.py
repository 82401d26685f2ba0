"""The public price list as people read it: searched, and each price with the day on which another took its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from ingest.prices.table import NONE, OwnTable, Price, bare, price_of, prices

_FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Listed:
    """A price of the list.

    Attributes:
        price: with its source and the day as of which it is known to hold.
        until: day on which a later price of the same pattern takes its place; None where none does.
    """

    price: Price
    until: date | None

    @property
    def host(self) -> str:
        """Where the source stands, in short."""
        return urlsplit(self.price.source).netloc


def listed(search: str = "") -> list[Listed]:
    """The prices that hold for a model, or whose pattern, provider or source hold some words; all without a search.

    Args:
        search: a model's name, or words; case does not matter.

    Returns:
        By pattern, the latest first.
    """
    later: dict[tuple[str, str], date] = {}
    found = []
    for price in prices():  # the latest first
        key = (price.provider, price.model)
        found.append(Listed(price, later.get(key)))
        later[key] = price.since
    wanted = search.strip().lower()
    kept = [one for one in found if not wanted or _fits(one.price, wanted)]
    return sorted(kept, key=lambda one: (one.price.model, one.price.provider, -one.price.since.toordinal()))


def _fits(price: Price, wanted: str) -> bool:
    if re.fullmatch(price.model, bare(wanted)):
        return True
    text = f"{price.model} {price.provider} {price.source}".lower().replace("\\", "")
    return all(word in text for word in wanted.split())


def in_force(provider: str, model: str, day: date, own: OwnTable = NONE) -> Price | None:
    """The price that a call of a model on a day costs by; None where it has none.

    Args:
        provider: as clients name it; some public prices hold for one provider alone.
        model: as clients name it.
        day: in UTC.
        own: what the project set, the latest first.
    """
    return price_of(provider, model, "", (day - _FIRST_DAY).days, own)
