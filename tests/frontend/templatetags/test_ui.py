"""Addresses keep their query, parts check their arguments."""

from __future__ import annotations

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

QUERY = "/p/acme/traces?range=7d&env=prod&q=a&q=b&cursor=x"


def render(source: str, address: str = QUERY, **values: object) -> str:
    """Render a template as the answer to a request."""
    request = RequestFactory().get(address)
    return Template("{% load ui %}" + source).render(Context({"request": request, **values}))


def test_query_changes_one_part_and_keeps_the_rest() -> None:
    """None removes, a value replaces, repeated parts stay repeated."""
    assert render('{% query sort="cost" cursor=None %}') == "?range=7d&amp;env=prod&amp;q=a&amp;q=b&amp;sort=cost"


def test_query_repeats_a_list() -> None:
    """A list becomes a repeated part."""
    assert render("{% query q=words %}", "/x", words=["a", "b"]) == "?q=a&amp;q=b"


def test_query_is_escaped() -> None:
    """What stands in the address bar cannot leave the attribute it is printed in."""
    assert "<" not in render("{% query %}", "/x?a=%22%3E%3Cscript%3E")


def test_other_pages_keep_range_and_environment_only() -> None:
    """A link to another page takes the time range and the environment along, not this page's filter."""
    assert render('{% url_with "/p/acme/topics" %}') == "/p/acme/topics?range=7d&amp;env=prod"


def test_an_address_own_query_wins() -> None:
    """What the link itself says stands above what is kept; its anchor stays last."""
    assert render('{% url_with "/t?range=30d#a" flag="pii" %}') == "/t?range=30d&amp;env=prod&amp;flag=pii#a"


def test_url_with_works_without_request() -> None:
    """Error pages have no request."""
    assert Template('{% load ui %}{% url_with "/t" %}').render(Context()) == "/t"


def test_hidden_fields_repeat_the_query() -> None:
    """A GET form keeps what it does not ask for."""
    html = render('{% query_fields "q,cursor" %}')
    assert html.count("<input") == 2
    assert 'name="env" value="prod"' in html


def test_sort_flips_its_direction() -> None:
    """Numbers fall first, then rise; the head tells the browser which."""
    assert "sort=-cost" in render('{% sort_head "cost" "Cost" %}')
    falling = render('{% sort_head "cost" "Cost" %}', "/x?sort=-cost")
    assert 'aria-sort="descending"' in falling
    assert "sort=cost" in falling
    assert 'aria-sort="ascending"' in render('{% sort_head "cost" "Cost" %}', "/x?sort=cost")


@pytest.mark.parametrize(
    ("change", "tone", "words"),
    [(0.5, "error", "50% more"), (-0.05, "ok", "5% less"), (0.0001, "neutral", "unchanged"), (11, "error", "12× more")],
)
def test_delta_has_glyph_word_and_tone(change: float, tone: str, words: str) -> None:
    """A change is told by arrow and word, the tone says whether it is good."""
    html = render('{% delta change good="down" %}', change=change)
    assert f'data-tone="{tone}"' in html
    assert words in html
    assert "<svg" in html


def test_delta_without_a_past_says_so() -> None:
    """No earlier figure is not a change of zero."""
    assert "no earlier figure" in render("{% delta change %}", change=None)


def test_icon_is_decoration_unless_named() -> None:
    """An icon without a label is hidden from screen readers, one with a label is an image."""
    assert 'aria-hidden="true"' in render('{% icon "flag" %}')
    assert 'role="img" aria-label="Flag"' in render('{% icon "flag" "Flag" %}')


def test_containers_escape_arguments_and_keep_content() -> None:
    """A title from a trace is text; what the page wrote inside stays markup."""
    html = render("{% card title=name %}<p>{{ name }}</p>{% endcard %}", name="<b>")
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "<p>" in html


def test_a_misspelt_argument_is_an_error() -> None:
    """A wrong name fails at once."""
    with pytest.raises(TemplateSyntaxError, match="nte"):
        render('{% card title="x" nte="y" %}{% endcard %}')
