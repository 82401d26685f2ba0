"""The written shop hangs together: every reference has its target."""

from __future__ import annotations

import re

import pytest

from ingest.sample.texts import Move, shop

_MOVES = [(want.slug, move) for want in shop().wants.values() for move in want.moves]
_MOVES += [("anywhere", move) for move in shop().moves.values()]


@pytest.mark.parametrize(("want", "move"), _MOVES, ids=[f"{want}-{move.name}" for want, move in _MOVES])
def test_a_move_refers_to_what_exists(want: str, move: Move) -> None:
    """Its documents, tools and kinds of products are all there, and some case answers its general questions."""
    kinds = {product.kind for product in shop().products}
    for case in move.cases:
        assert set(move.documents_of(case)) <= set(shop().articles)
        assert set(move.tools_of(case)) <= set(shop().tools)
        assert case.general or case.asks
    assert set(move.kinds) <= kinds
    assert not move.asks or any(case.general for case in move.cases)


@pytest.mark.parametrize("slug", sorted(shop().wants))
def test_a_want_opens_in_at_least_twelve_phrasings(slug: str) -> None:
    """Enough different wordings that grouping them is a task."""
    openings = {ask for move in shop().wants[slug].moves if move.opening for ask, _ in move.questions()}
    assert len(openings) >= 12


def test_there_are_a_dozen_wants_and_one_newcomer() -> None:
    """The shop is asked for many things and for one that is new."""
    assert 14 <= len(shop().wants) <= 18
    assert [want.slug for want in shop().wants.values() if want.late] == ["stove_recall"]


@pytest.mark.parametrize("name", sorted(shop().tools))
def test_a_tool_takes_the_arguments_it_declares(name: str) -> None:
    """The call's template has each parameter and no other."""
    tool = shop().tools[name]
    assert set(tool.arguments) == set(tool.parameters)
    assert set(tool.parameters.values()) <= {"string", "number", "integer"}


def test_invented_contacts_cannot_belong_to_anybody() -> None:
    """Hosts are reserved names and telephone numbers are reserved for fiction."""
    texts = [article.text for article in shop().articles.values()]
    texts += [item for poisoned in shop().faults.poisoned for item in (poisoned.text, poisoned.obeyed)]
    texts += [ask for _, move in _MOVES for ask, _ in move.questions()]
    for text in texts:
        assert all(host.endswith((".example", "example.com")) for host in re.findall(r"https?://([\w.-]+)", text))
        assert all(number.startswith("555-01") for number in re.findall(r"555-\d+", text))
