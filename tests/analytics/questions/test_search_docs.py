"""The page about searching tells of every word of the grammar."""

from __future__ import annotations

import re
from pathlib import Path

from analytics.questions.grammar import FIELDS, parse

PAGE = (Path(__file__).parents[3] / "docs" / "search.md").read_text()


def test_every_word_stands_on_the_page_with_an_example_that_works() -> None:
    """In the grammar's own order."""
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| `(.+)` \|$", PAGE, re.MULTILINE))
    assert list(rows) == list(FIELDS)
    for word, example in rows.items():
        found = parse(example)
        assert not found.invalid
        assert [token.field for token in found.tokens] == [word]
