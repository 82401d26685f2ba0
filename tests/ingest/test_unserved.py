"""What is told to be not served is nobody's address, and hides none of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import get_converters

from ingest import unserved

_WORDS = {"slug": "x", "str": "x", "int": "1", "path": "x/y"}
_OF_INGEST = re.compile(r"api/(?:public|2\.0/mlflow)/|(?:api/v1/|v1/)?info$|(?:opik/)?api/is-alive/")
"""Addresses of served APIs that Django answers; they stand before what is not served."""


def _routes(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, route)
        elif not route.startswith("^"):
            yield re.sub(r"<(\w+):\w+>", lambda kind: _WORDS.get(kind[1], "x"), route)


def test_no_page_or_call_of_ours_is_hidden() -> None:
    """The patterns stand before pages and the API, and would answer in their place."""
    ours = [route for route in _routes(get_resolver().url_patterns) if not _OF_INGEST.match(route)]
    assert len(ours) > 100
    assert len(get_converters()) >= len(_WORDS)
    assert [route for route in ours if re.fullmatch(unserved.PATTERN, route)] == []


@pytest.mark.parametrize(
    "path",
    ["", "sign-in", "settings-of-mine", "v1/embeddings", "p/x/settings", "api/v1/topics", "versions", "flagship"],
)
def test_what_is_near_stays_a_404(path: str) -> None:
    """Words that only begin alike, and the API of models, are no calls of a served API."""
    assert re.fullmatch(unserved.PATTERN, path) is None
