"""What the retriever finds: the right documents, or under a fault the wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from backend.telemetry.message import Document
from ingest.sample.facts import Facts
from ingest.sample.grammar import fill
from ingest.sample.texts import Poisoned, Shop

Found = tuple[Document, ...]


def search(shop: Shop, wanted: Sequence[str], facts: Facts, dice: Random) -> Found:
    """The documents that answer the question, often the product's, and something from the neighbourhood."""
    found = [_article(shop, name, 0.9 - 0.12 * rank, dice) for rank, name in enumerate(wanted)]
    if dice.random() < 0.4:
        found.append(_product(shop, facts, dice))
    found.append(_article(shop, _others(shop, wanted, 1, dice)[0], 0.4, dice))
    return _ranked(found)


def miss(shop: Shop, wanted: Sequence[str], instead: Sequence[str], dice: Random) -> Found:
    """Documents about something else, with the low scores that go with it."""
    others = list(instead) or _others(shop, wanted, 3, dice)
    return _ranked([_article(shop, name, 0.32 - 0.04 * rank, dice) for rank, name in enumerate(others)])


def poison(found: Found, bad: Poisoned, facts: Facts, dice: Random) -> Found:
    """What was found, with a planted document among it."""
    content = f"{bad.title}\n{fill(bad.text, facts)}"
    planted = Document(id=bad.id, content=content, score=round(dice.uniform(0.6, 0.82), 3))
    return _ranked([*found, planted])


def as_context(found: Found) -> str:
    """How the documents are put before the model."""
    return "Documents:\n" + "\n\n".join(f"[{item.id}] {item.content}" for item in found)


def _article(shop: Shop, name: str, score: float, dice: Random) -> Document:
    article = shop.articles[name]
    return Document(id=name, content=f"{article.title}\n{article.text}", score=_near(score, dice))


def _product(shop: Shop, facts: Facts, dice: Random) -> Document:
    text = next(item.text for item in shop.products if item.sku == facts["sku"])
    return Document(id=f"product-{facts['sku']}", content=text, score=_near(0.58, dice))


def _others(shop: Shop, wanted: Sequence[str], count: int, dice: Random) -> list[str]:
    return dice.sample([name for name in shop.articles if name not in wanted], count)


def _near(score: float, dice: Random) -> float:
    return round(min(max(dice.gauss(score, 0.035), 0.05), 0.97), 3)


def _ranked(found: list[Document]) -> Found:
    return tuple(sorted(found, key=lambda item: -(item.score or 0)))
