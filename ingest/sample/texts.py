"""The invented shop as it stands in ``shop/*.toml``, read and checked once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent / "shop"


class _Text(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what a text file may hold: an unknown key is a typing error and refused."""


class Case(_Text, frozen=True, kw_only=True):
    """One outcome of a move.

    Attributes:
        answer: parts of the answer, each with alternatives.
        facts: what holds in this case.
        asks: questions that only this case answers.
        general: whether it also answers the questions of its move.
        documents: what is found, where it is not what the move says.
        tools: what is called, where it is not what the move says.
    """

    answer: tuple[tuple[str, ...], ...]
    facts: dict[str, str] = {}
    asks: tuple[str, ...] = ()
    general: bool = True
    documents: tuple[str, ...] | None = None
    tools: tuple[str, ...] | None = None


class Move(_Text, frozen=True, kw_only=True):
    """What a customer may ask next, how it is answered in each case, and with which documents and tools.

    Attributes:
        name: unique within its want.
        asks: phrasings.
        cases: outcomes.
        opening: begins conversations; the others follow.
        kinds: kinds of products it is about, where it is not what the want says.
        documents: ids of the documents that answer it, best first.
        tools: names of the tools it takes, in order.
    """

    name: str
    asks: tuple[str, ...]
    cases: tuple[Case, ...]
    opening: bool = False
    kinds: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()

    def questions(self) -> list[tuple[str, Case | None]]:
        """Every phrasing, with its case where only one fits."""
        own = [(ask, case) for case in self.cases for ask in case.asks]
        return [*((ask, None) for ask in self.asks), *own]

    def documents_of(self, case: Case) -> tuple[str, ...]:
        """Ids of the documents that answer it in this case."""
        return self.documents if case.documents is None else case.documents

    def tools_of(self, case: Case) -> tuple[str, ...]:
        """Names of the tools it takes in this case."""
        return self.tools if case.tools is None else case.tools


class Want(_Text, frozen=True, kw_only=True):
    """One thing customers come for.

    Attributes:
        slug: short name that stays.
        name: as a product manager would call it.
        weight: share among the wants, in no unit.
        moves: at least one of them opens a conversation.
        kinds: kinds of products it is about; empty for all.
        trend: weight at the end of the period relative to its start.
        late: nobody asks it before the last days.
    """

    slug: str
    name: str
    weight: float
    moves: tuple[Move, ...]
    kinds: tuple[str, ...] = ()
    trend: float = 1.0
    late: bool = False


class Product(_Text, frozen=True, kw_only=True):
    """One article of the shop."""

    sku: str
    name: str
    kind: str
    price: int
    sizes: tuple[str, ...]
    defects: tuple[str, ...]
    text: str
    fit: str = ""


class Article(_Text, frozen=True, kw_only=True):
    """One document of the knowledge base."""

    id: str
    title: str
    text: str


class Poisoned(_Text, frozen=True, kw_only=True):
    """A document that carries an order for the assistant, and what it says when it obeys."""

    id: str
    title: str
    text: str
    obeyed: str


class Tool(_Text, frozen=True, kw_only=True):
    """One tool: what it takes, and templates of a call and its result."""

    description: str
    parameters: dict[str, str]
    arguments: dict[str, str]
    result: dict[str, str]


class Failure(_Text, frozen=True, kw_only=True):
    """How a model or a tool fails."""

    error_type: str
    exception: str
    message: str


class Faults(_Text, frozen=True, kw_only=True):
    """Texts of the planted faults."""

    vague: tuple[tuple[str, ...], ...]
    refusals: tuple[str, ...]
    cheerful: tuple[tuple[str, ...], ...]
    leaks: tuple[str, ...]
    complaints: tuple[str, ...]
    apologies: tuple[str, ...]
    jailbreaks: tuple[str, ...]
    declines: tuple[str, ...]
    poisoned: tuple[Poisoned, ...]
    outages: tuple[Failure, ...]
    tool_errors: tuple[Failure, ...]


class Voice(_Text, frozen=True, kw_only=True):
    """What people write around the thing they want."""

    greetings: tuple[str, ...]
    thanks: tuple[str, ...]
    anger: tuple[str, ...]
    prefaces: tuple[str, ...]
    asides: tuple[str, ...]


class Manner(_Text, frozen=True, kw_only=True):
    """What the assistant says around an answer."""

    openings: tuple[str, ...]
    sorry: tuple[str, ...]
    closings: tuple[str, ...]


class Setting(_Text, frozen=True, kw_only=True):
    """The shop, the prompts of its assistant and the pools that facts are drawn from."""

    name: str
    agent: str
    prompt_name: str
    data_source: str
    carriers: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    codes: tuple[str, ...]
    companies: tuple[str, ...]
    occasions: tuple[str, ...]
    trips: tuple[str, ...]
    groups: tuple[str, ...]
    scans: tuple[str, ...]
    weekdays: tuple[str, ...]
    stores: tuple[str, ...]
    prompts: dict[str, str]
    voice: Voice
    assistant: Manner


class Shop(_Text, frozen=True, kw_only=True):
    """Everything the simulator knows."""

    setting: Setting
    products: tuple[Product, ...]
    articles: dict[str, Article]
    tools: dict[str, Tool]
    wants: dict[str, Want]
    moves: dict[str, Move]
    faults: Faults


@cache
def shop() -> Shop:
    """Read the shop."""
    wants = [_read(path.relative_to(FOLDER).as_posix(), Want) for path in sorted((FOLDER / "wants").glob("*.toml"))]
    return Shop(
        setting=_read("shop.toml", Setting),
        products=_read("products.toml", dict[str, tuple[Product, ...]])["products"],
        articles={item.id: item for item in _read("documents.toml", dict[str, tuple[Article, ...]])["documents"]},
        tools=_read("tools.toml", dict[str, dict[str, Tool]])["tools"],
        wants={want.slug: want for want in wants},
        moves={move.name: move for move in _read("moves.toml", dict[str, tuple[Move, ...]])["moves"]},
        faults=_read("faults.toml", Faults),
    )


def _read(name: str, shape: Any) -> Any:
    return msgspec.toml.decode((FOLDER / name).read_bytes(), type=shape)
