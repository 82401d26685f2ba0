"""All stylesheets as one answer."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import Client

from frontend.stylesheet import joined

CSS = Path(__file__).parents[2] / "frontend/static/css"
ROUTED = pytest.mark.urls("frontend.gallery.urls")


def test_every_file_stands_in_its_layer_in_order() -> None:
    """The joined text is the files that app.css lists, in that order, each in its layer, and imports nothing."""
    text = joined().text.decode()
    listed = re.findall(r'url\("([\w.]+)"\) layer\((\w+)\)', (CSS / "app.css").read_text())
    assert "@import" not in text
    assert re.findall(r"^@layer (\w+) \{$", text, re.M) == [layer for _, layer in listed]
    assert text.index("@layer reset, tokens, base") < text.index("@layer reset {")
    for name, _ in listed:
        assert re.sub(r"\.\./", "/static/", (CSS / name).read_text()).strip() in text


def test_addresses_do_not_depend_on_the_page() -> None:
    """Fonts and masks are found from wherever the text is served."""
    assert set(re.findall(r'url\("(/[a-z]+)/', joined().text.decode())) == {"/static"}


@ROUTED
def test_known_digest_is_kept_for_good_and_others_are_not(client: Client) -> None:
    """The address of today's text may be kept for a year; an old address gets today's text once."""
    digest = joined().digest
    assert "immutable" in client.get(f"/assay.{digest}.css")["Cache-Control"]
    old = client.get("/assay.0.css")
    assert old["Cache-Control"] == "no-cache"
    assert old.content == joined().text


@ROUTED
def test_it_is_packed_for_who_takes_it(client: Client) -> None:
    """A browser that takes gzip gets a fifth of the bytes."""
    answer = client.get("/assay.0.css", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.content) == joined().text
    assert len(answer.content) * 3 < len(joined().text)
    assert answer["Vary"] == "Accept-Encoding"


@ROUTED
def test_unchanged_is_not_sent_again(client: Client) -> None:
    """A browser that has the text gets 304."""
    assert client.get("/assay.0.css", headers={"If-None-Match": f'"{joined().digest}"'}).status_code == 304


@pytest.mark.parametrize("urls", ["frontend.gallery.urls", "backend.health.urls"])
def test_pages_find_their_styles_routed_or_not(urls: str, settings: pytest.FixtureRequest) -> None:
    """Where the joined text is not routed a page links the list of files."""
    settings.ROOT_URLCONF = urls  # type: ignore[attr-defined]
    href = Template("{% load ui %}{% stylesheet_href %}").render(Context())
    assert re.fullmatch(r"/assay\.[0-9a-f]{12}\.css|/static/css/app\.css", href)
    assert href.startswith("/static") == (urls != "frontend.gallery.urls")
