"""Names and addresses are found where they stand, and other capital words are nobody's."""

from __future__ import annotations

from itertools import pairwise

import pytest

from backend.names.finder import READ, find
from tests.pace import cpu_within

FOUND = {
    "introduction": ("Hi, my name is Maren Oduya and I need help.", [("person", "Maren Oduya")]),
    "title": ("Please connect me with Mrs. Halvorsen now.", [("person", "Halvorsen")]),
    "signature": ("Kind regards,\nTomasz Wierzbicki", [("person", "Tomasz Wierzbicki")]),
    "lower case": ("my name is anna schmidt", [("person", "anna schmidt")]),
    "German": ("Sehr geehrte Frau Kowalczyk,", [("person", "Kowalczyk")]),
    "address": (
        "Send it to 14 Harbor Street, Eastmere 96277 please.",
        [("address", "14 Harbor Street, Eastmere 96277")],
    ),
    "German address": ("Ich wohne in der Lindenstraße 12, 50674 Köln.", [("address", "Lindenstraße 12, 50674 Köln")]),
    "unit": ("Ship to 221 Baker Street Apt. 4, London", [("address", "221 Baker Street Apt. 4, London")]),
    "town by itself": ("The weather in Lisbon is mild.", [("place", "Lisbon")]),
}
NOTHING = (
    "The Premium Plan includes Machine Learning credits.",
    "Will this work? May I ask about the rose and the mark?",
    "Order 4711 ships on Monday, January 12.",
    "def mean(values):\n    return sum(values) / len(values)",
    "| Python | SQL | Java |\n| 12 | 30 | 4 |",
    "Mix 3 cups of flour, then add 2 eggs.",
    "",
    "\n\n\n",
)


@pytest.mark.parametrize(("text", "expected"), FOUND.values(), ids=FOUND.keys())
def test_names_and_addresses_are_found_where_they_stand(text: str, expected: list[tuple[str, str]]) -> None:
    """Kind and words, no more and no less."""
    assert [(one.kind, text[one.start : one.end]) for one in find(text)] == expected


@pytest.mark.parametrize("text", NOTHING)
def test_other_capital_words_are_nobodys(text: str) -> None:
    """Products, days, code and tables name nobody."""
    assert [text[one.start : one.end] for one in find(text) if one.kind != "place"] == []


def test_spans_are_in_order_and_apart_over_many_names() -> None:
    """Long texts are weighed in parts; no span stands over another, and scores are probabilities."""
    text = "Yesterday Anna Berg met Tomasz Nowak in Oslo. " * 300
    found = find(text)
    assert len([one for one in found if one.kind == "person"]) > 550
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(0 <= one.score <= 1.000001 for one in found)


def test_no_more_is_read_than_asked_for() -> None:
    """What stands behind the limit is not found."""
    assert find("x " * READ + "my name is Anna Berg") == []
    assert find("my name is Anna Berg", limit=10) == []


@pytest.mark.parametrize("unit", ["Anna ", "a", "\n", "12 ", "X'", "Street 5 ", "\ud800", "A-", "名"], ids=repr)
def test_a_megabyte_takes_no_longer_than_what_is_read(unit: str) -> None:
    """Two seconds of processor time at most, whatever it is made of."""
    text = (unit * (1_000_000 // len(unit)))[:1_000_000]
    find("Anna")
    with cpu_within(2):
        find(text)
