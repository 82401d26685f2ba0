"""Hostile text stays text."""

from __future__ import annotations

import re
from html import unescape
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from frontend.templatetags.evidence import MAX_NODES, json_view, mark_spans, visible

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=y>"


def plain(html: str) -> str:
    """The words a reader sees: without elements and without what only screen readers get."""
    return unescape(re.sub(r"<[^>]*>", "", re.sub(r'<span class="visually-hidden">.*?</span>', "", html)))


def test_text_without_marks_is_escaped() -> None:
    """Nothing a client sent becomes an element."""
    assert "<" not in mark_spans(HOSTILE)
    assert plain(mark_spans(HOSTILE)) == HOSTILE


def test_marks_count_code_points() -> None:
    """Offsets are code points: signs outside the basic plane count one."""
    assert "</span>🍉b<" in mark_spans("a🍉bc", [(1, 3)])


def test_label_and_key_are_escaped() -> None:
    """A detector's label may quote the text; it cannot leave its attribute."""
    html = mark_spans("abc", [{"start": 0, "end": 2, "label": '"><b>', "key": '" onclick="x'}])
    assert "<b>" not in html
    assert '" onclick="' not in html


def test_mark_links_from_its_flag() -> None:
    """A mark with a key is an anchor."""
    assert 'id="mark-f1"' in mark_spans(
        "abc", [SimpleNamespace(start=0, end=1, label="pii", severity="high", key="f1")]
    )


def test_marks_out_of_range_are_clipped() -> None:
    """Offsets beyond the text, reversed or negative ones mark what is there or nothing."""
    assert plain(mark_spans("abc", [(2, 99), (-5, 1), (2, 1), (50, 60)])) == "abc"
    assert mark_spans("abc", [(2, 99), (-5, 1), (2, 1), (50, 60)]).count("<mark") == 2


def test_overlapping_marks_do_not_nest() -> None:
    """The first of two that overlap keeps the shared part, the other what is left of it."""
    html = mark_spans("abcdef", [(0, 4, "one"), (2, 6, "two")])
    assert re.findall(r"</span>(\w+)<span", html) == ["abcd", "ef"]


def test_invisible_signs_are_shown() -> None:
    """Bidirectional controls, tags, NUL and unpaired surrogates are visible and can be encoded."""
    shown = visible("a\u202eb\x00c\ud800d\U000e0041\t\n")
    assert shown == "a[U+202E]b␀c[U+D800]d[U+E0041]\t\n"
    shown.encode()


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6))
def test_marking_loses_no_sign(text: str, marks: list[tuple[int, int]]) -> None:
    """Whatever the marks, the reader sees the whole text, and no element but mark and span."""
    html = mark_spans(text, marks)
    assert plain(html) == visible(text)
    assert set(re.findall(r"<(\w+)", html)) <= {"mark", "span"}


def test_json_keys_and_values_are_escaped() -> None:
    """Keys are as hostile as values."""
    html = json_view({HOSTILE: HOSTILE})
    assert "<script" not in html
    assert "<img" not in html


def test_json_text_is_parsed() -> None:
    """Arguments of a tool often come as JSON text."""
    assert '<span class="number">5</span>' in json_view('{"limit": 5}')
    assert '<span class="string">"{broken"</span>' in json_view("{broken")


def test_json_depth_and_size_are_bounded() -> None:
    """A value of any depth or length gives a page of bounded size that says what it left out."""
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert json_view(deep).count("<details") < 30
    wide = json_view(list(range(100_000)))
    assert wide.count("<li") <= MAX_NODES + 1
    assert "more not shown" in wide


def test_json_text_of_absurd_depth_is_shown_as_text() -> None:
    """A text that would exhaust the parser is printed, not raised."""
    assert "string" in json_view("[" * 200_000)
