"""Tags every page uses: icons, addresses that keep their query, and parts that hold other parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.http import HttpRequest, QueryDict
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from frontend.stylesheet import sheet
from frontend.templatetags.figures import digits, number

register = template.Library()

# What is chosen once and goes with every link: time range and environment.
GLOBAL = ("range", "from", "to", "env")


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """Draw an icon of the sprite; without a label it is decoration."""
    role = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" {}><use href="{}#{}"/></svg>', f" {css}" if css else "", role, static("icons.svg"), name
    )


def _query(context: Context) -> QueryDict:
    # A part included with `only` sees no variables but still belongs to the request.
    request: HttpRequest | None = context.get("request") or getattr(context, "request", None)
    return request.GET.copy() if request is not None else QueryDict(mutable=True)


def _changed(query: QueryDict, changes: dict[str, Any]) -> QueryDict:
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        elif isinstance(value, (list, tuple)):
            query.setlist(name, [str(item) for item in value])
        else:
            query[name] = str(value)
    return query


@register.simple_tag
def stylesheet_href() -> str:
    """Give the address of all stylesheets in one; of the list of them where that page is not routed."""
    try:
        return reverse("stylesheet", args=[sheet().digest])
    except NoReverseMatch:
        return static("css/app.css")


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """Give this page's query with changes: ``{% query sort="cost" cursor=None %}`` is ``?range=7d&sort=cost``."""
    return "?" + _changed(_query(context), changes).urlencode()


@register.simple_tag(takes_context=True)
def url_with(context: Context, address: str, **changes: Any) -> str:
    """Give another page's address that keeps the time range and the environment, with changes."""
    parts = urlsplit(address)
    kept = QueryDict(mutable=True)
    for name, values in _query(context).lists():
        if name in GLOBAL:
            kept.setlist(name, values)
    for name, values in QueryDict(parts.query).lists():
        kept.setlist(name, values)
    text = _changed(kept, changes).urlencode()
    anchor = f"#{parts.fragment}" if parts.fragment else ""
    return parts._replace(query="", fragment="").geturl() + (f"?{text}" if text else "") + anchor


@register.simple_tag(takes_context=True)
def query_fields(context: Context, without: str = "") -> SafeString:
    """Repeat this page's query as hidden fields of a GET form, but for the names in ``without`` (comma)."""
    left_out = set(without.split(","))
    pairs = [(name, value) for name, values in _query(context).lists() if name not in left_out for value in values]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


@register.simple_tag(takes_context=True)
def sort_head(context: Context, key: str, label: str, css: str = "num", first: str = "desc") -> SafeString:
    """Print a ``<th>`` that sorts by ``key``; ``?sort=key`` ascends, ``?sort=-key`` descends.

    Args:
        context: of the page; its request says what is sorted now, else ``sort`` in the context.
        key: the column's name in the query.
        label: what stands in the head.
        css: class of the cell; numbers are ``num``.
        first: direction of the first press, "desc" or "asc".
    """
    current = _query(context).get("sort") or str(context.get("sort") or "")
    state = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    flipped = key if state == "descending" or (not state and first == "asc") else f"-{key}"
    return format_html(
        '<th scope="col" class="{}"{}><a class="sort" href="{}">{}{}</a></th>',
        css,
        format_html(' aria-sort="{}"', state) if state else "",
        query(context, sort=flipped, cursor=None),
        label,
        icon("arrow-up" if state == "ascending" else "arrow-down"),
    )


@register.filter
def split(text: str) -> list[str]:
    """Make a list of words divided by commas, for arguments such as the columns of a table."""
    return [part.strip() for part in text.split(",")]


@register.simple_tag
def delta(change: Any, good: str = "", words: str = "more,less") -> SafeString | str:
    """Say how a figure changed: arrow, percentage and word; the tone says whether that is good.

    Args:
        change: share, 0.12 is 12% more; None where there was nothing before.
        good: "up", "down", or empty when neither is.
        words: for up and down.
    """
    figure = number(change)
    if figure is None:
        return SafeString('<span class="delta">no earlier figure</span>')
    up, _, down = words.partition(",")
    if abs(figure) < 0.0005:
        return format_html('<span class="delta" data-tone="neutral">{}unchanged</span>', icon("equal"))
    way = "up" if figure > 0 else "down"
    tone = "neutral" if not good else "ok" if way == good else "error"
    size = (
        f"{digits(abs(figure) * 100, 1 if abs(figure) < 0.1 else 0)}%"
        if abs(figure) < 10
        else f"{abs(figure) + 1:.0f}×"
    )
    return format_html(
        '<span class="delta" data-tone="{}">{}{} {}</span>',
        tone,
        icon(f"arrow-{way}"),
        size,
        up if way == "up" else down,
    )


def _parts(names: Iterable[str], given: dict[str, Any]) -> dict[str, Any]:
    """Check the arguments of a block tag, so that a misspelt one is an error and not silence."""
    unknown = set(given) - set(names)
    if unknown:
        raise template.TemplateSyntaxError(f"unknown argument {', '.join(sorted(unknown))}; known: {', '.join(names)}")
    return given


@register.simple_block_tag(takes_context=True)
def page_header(context: Context, content: SafeString, title: str, **given: Any) -> str:
    """Print the head of a page; the content holds its actions. ``description``, ``crumbs``, ``badge``, ``tone``."""
    parts = _parts(("description", "crumbs", "badge", "tone"), given)
    kept = {"request": context.get("request")}
    return render_to_string(
        "components/page_header.html", {**kept, **parts, "title": title, "actions": content if content.strip() else ""}
    )


@register.simple_block_tag
def card(content: SafeString, title: str = "", **given: Any) -> str:
    """Print a card: ``note`` beside the title, ``href`` with ``more`` at its end, ``flush`` for tables, ``foot``."""
    parts = _parts(("note", "href", "more", "flush", "foot", "id"), given)
    return render_to_string("components/card.html", {**parts, "title": title, "content": content})


@register.simple_block_tag
def callout(content: SafeString, title: str = "", tone: str = "info", **given: Any) -> str:
    """Print a boxed remark; ``tone`` is info, ok, warn or error; ``icon`` replaces its sign."""
    parts = _parts(("icon",), given)
    return render_to_string("components/callout.html", {**parts, "title": title, "tone": tone, "content": content})


@register.simple_block_tag
def menu(content: SafeString, id: str, label: str, **given: Any) -> str:
    """Print a button that opens a menu; ``icon``, ``css`` (button classes), ``only_icon``, ``title`` of the menu."""
    parts = _parts(("icon", "css", "only_icon", "title"), given)
    return render_to_string("components/menu.html", {**parts, "id": id, "label": label, "content": content})


@register.simple_block_tag
def dialog(content: SafeString, id: str, title: str, **given: Any) -> str:
    """Print a dialog that ``data-opens="ID"`` opens; ``wide`` for large ones."""
    parts = _parts(("wide",), given)
    return render_to_string("components/dialog.html", {**parts, "id": id, "title": title, "content": content})


@register.simple_block_tag
def fold(content: SafeString, title: str, **given: Any) -> str:
    """Print a part that folds; ``opened``, ``note`` beside the title, ``id``."""
    parts = _parts(("opened", "note", "id"), given)
    return render_to_string("components/fold.html", {**parts, "title": title, "content": content})
