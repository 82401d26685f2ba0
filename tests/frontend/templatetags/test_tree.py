"""Rows of a trace's tree."""

from __future__ import annotations

import re
from types import SimpleNamespace

from frontend.templatetags.tree import span_rows
from tests.pace import cpu_within

SPAN = {"id": "a", "depth": 0, "name": "plan", "operation": "chat", "status": "ok", "start_ms": 0, "duration_ms": 5}


def test_one_row_is_in_the_tab_order() -> None:
    """The chosen row takes the focus; where none is chosen the first does."""
    spans = [SPAN, SPAN | {"id": "b", "depth": 1}]
    assert re.findall(r'id="span-(\w)" tabindex="0"', span_rows(spans, 5)) == ["a"]
    assert re.findall(r'id="span-(\w)" tabindex="0"', span_rows(spans, 5, "b")) == ["b"]


def test_objects_are_as_good_as_mappings() -> None:
    """A row reads a mapping and an object alike, and what is missing is empty."""
    assert span_rows([SimpleNamespace(**SPAN)], 5) == span_rows([SPAN], 5)


def test_every_text_of_a_span_is_escaped() -> None:
    """Names, ids, operations and addresses come from outside."""
    bad = '"><script>'
    html = span_rows([SPAN | dict.fromkeys(("id", "name", "operation", "status", "sub", "href"), bad)], 5)
    assert "<script" not in html
    assert '"">' not in html


def test_deep_spans_keep_their_level() -> None:
    """Beyond the twelfth level a row is not indented further but says its level."""
    html = span_rows([SPAN | {"depth": 40}], 5)
    assert 'aria-level="41"' in html
    assert 'data-depth="12"' in html


def test_error_and_flags_have_words() -> None:
    """Neither is told by colour alone."""
    html = span_rows([SPAN | {"status": "error", "flags": 2}], 5)
    assert 'aria-label="error"' in html
    assert '2<span class="visually-hidden"> flags' in html


def test_five_thousand_spans_are_quick() -> None:
    """A large trace's rows take a small part of the second in which its page has to open."""
    spans = [SPAN | {"id": place, "depth": place % 9} for place in range(5000)]
    with cpu_within(0.5):
        span_rows(spans, 5)
