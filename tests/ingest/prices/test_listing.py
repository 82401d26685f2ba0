"""The public list as people read it."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.prices.listing import in_force, listed
from ingest.prices.table import OwnTable, Price, prices


def test_all_is_listed_with_source_and_day() -> None:
    """Each entry once, by its pattern, the latest first."""
    found = listed()
    assert len(found) == len(prices())
    assert all(one.price.source.startswith("https://") and one.price.checked for one in found)
    assert [one.price.model for one in found] == sorted(one.price.model for one in found)


def test_a_price_that_was_replaced_says_when() -> None:
    """The public price of GPT-4o mini with its cached tokens came later."""
    mini = [one for one in listed("gpt-4o-mini-2024-07-18") if one.price.model.startswith("gpt-4o-mini(")]
    assert [(one.price.since, one.until) for one in mini] == [
        (date(2024, 10, 2), None),
        (date(2024, 7, 18), date(2024, 10, 2)),
    ]


@pytest.mark.parametrize(
    ("search", "is_in", "is_out"),
    [
        ("openai/gpt-4o-mini-2024-07-18", "gpt-4o-mini(-\\d{4}-?\\d{2}-?\\d{2})?", "gpt-4o-2024-05-13"),
        ("GPT-4o audio", "gpt-4o-audio-preview(-2024-12-17|-2025-06-03)?", "gpt-4o-2024-05-13"),
        ("openai.com", "gpt-4o-2024-05-13", "claude-3-5-haiku.*"),
    ],
)
def test_a_model_or_words_are_searched(search: str, is_in: str, is_out: str) -> None:
    """By the name as clients send it, by words of the pattern, by the source."""
    found = {one.price.model for one in listed(search)}
    assert is_in in found
    assert is_out not in found


def test_what_is_nowhere_is_not_found() -> None:
    """Signs that mean something in a pattern are no pattern here."""
    assert listed("house-llm") == []
    assert listed("((") == []


def test_the_price_in_force_is_the_projects_own_first() -> None:
    """On its days alone."""
    own = OwnTable(
        [Price(model="GPT-4o.*", since=date(2026, 2, 1), input=1.0, output=1.0, source="own", checked=date.today())]
    )
    before, after = (in_force("openai", "gpt-4o", date(2026, month, 1), own) for month in (1, 2))
    assert before is not None
    assert after is not None
    assert (before.input, after.input) == (2.5, 1.0)
    assert in_force("openai", "house-llm", date(2026, 2, 1), own) is None
