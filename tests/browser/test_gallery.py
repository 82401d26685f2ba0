"""Every component in a real browser: accessible, inside its page, and still under the strict policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from django.test.utils import override_settings
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Server(ThreadingMixIn, WSGIServer):
    """Answers several requests of a page at once."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Writes no access log."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The gallery behind the product's own middleware; it reads no database."""
    with override_settings(ROOT_URLCONF="frontend.gallery.urls", DEBUG=True):
        server = Server(("127.0.0.1", 0), Quiet)
        server.set_app(StaticFilesHandler(get_wsgi_application()))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/gallery"
        server.shutdown()
        server.server_close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The gallery on a desk in daylight."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    opened = context.new_page()
    opened.goto(address)
    yield opened
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_gallery_is_accessible_and_keeps_the_policy(browser: Browser, address: str, width: int, theme: str) -> None:
    """Axe finds nothing, nothing is wider than the page, the console is silent, charts are drawn."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    for chart in page.locator("assay-chart").all():
        chart.scroll_into_view_if_needed()
        chart.locator(".main-svg").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.evaluate(AXE.read_text())
    found = page.evaluate("(rules) => axe.run(document, {runOnly: rules})", RULES)["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
    context.close()


def test_theme_is_kept_and_charts_follow(page: Page) -> None:
    """Choosing dark changes the page and the colours inside a chart at once, and survives a reload."""
    page.locator("#volume-spec").evaluate("(node) => node.closest('assay-chart').scrollIntoView()")
    line = page.locator("assay-chart .js-line").first
    line.wait_for()
    day = line.evaluate("(node) => getComputedStyle(node).stroke")
    page.get_by_role("button", name="Your account").click()
    page.get_by_text("Dark", exact=True).click()
    page.wait_for_function(
        "(day) => getComputedStyle(document.querySelector('assay-chart .js-line')).stroke !== day", arg=day
    )
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.querySelector('.main')).backgroundColor") == "rgb(23, 22, 20)"


def test_palette_finds_and_opens_by_keyboard(page: Page) -> None:
    """Ctrl K opens, words narrow, arrows move, Enter goes there."""
    page.keyboard.press("Control+k")
    page.keyboard.type("gift")
    page.locator("[role=option]", has_text="Gift card balance").wait_for()
    page.locator("#palette [role=status]", has_text="1 results").wait_for()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/gallery")


def test_shortcut_sheet_lists_page_and_switches_single_keys_off(page: Page) -> None:
    """`?` names the page's keys; with single keys off they do nothing."""
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    assert sheet.get_by_text("Next row").is_visible()
    sheet.get_by_text("Single-key shortcuts").click()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "search"
    page.keyboard.press("?")
    assert not sheet.is_visible()


def test_rows_are_walked_and_selected_by_keyboard(page: Page) -> None:
    """J goes down, K up, X selects and the bar counts."""
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("x")
    assert page.locator("[data-bulk]").inner_text().startswith("2 selected")
    assert page.evaluate("document.activeElement.textContent") == "Where is my parcel"


def test_tree_walks_and_folds(page: Page) -> None:
    """Arrows move the one selected row, left folds what is below it."""
    page.locator("#span-s4").click(position={"x": 120, "y": 10})
    page.keyboard.press("ArrowLeft")
    assert page.locator("#span-s5").is_hidden()
    page.keyboard.press("ArrowDown")
    assert page.locator("#span-s7").get_attribute("aria-selected") == "true"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    assert page.locator("#span-s4").is_visible()
    assert page.locator("#span-s5").is_hidden()


def test_split_is_moved_by_keys_and_kept(page: Page) -> None:
    """The handle answers to arrows and its place survives a reload."""
    handle = page.get_by_role("separator")
    handle.focus()
    page.keyboard.press("ArrowRight")
    assert handle.get_attribute("aria-valuenow") == "48"
    page.reload()
    assert handle.get_attribute("aria-valuenow") == "48"


def test_digits_choose_and_arrows_change_the_field(page: Page) -> None:
    """In a review form a digit chooses in the current field, down goes to the next one."""
    page.get_by_label("Flag is right").first.focus()
    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("3")
    chosen = page.evaluate("[...new FormData(document.querySelector('form[data-keys-form]'))].map(String)")
    assert chosen == ["verdict,rejected", "cause,unsure", "correction,"]


def test_last_chip_returns_as_text(page: Page) -> None:
    """`/` focuses the filter; Backspace in the empty input takes the last chip back for editing."""
    page.keyboard.press("/")
    page.keyboard.press("Backspace")
    assert page.input_value("#search") == "latency:>2parsecs"
    assert page.locator(".token").count() == 1


def test_suggestion_is_accepted_by_tab(page: Page) -> None:
    """Typing narrows the suggestions, Tab takes the first."""
    page.keyboard.press("/")
    page.keyboard.type("lat")
    page.keyboard.press("Tab")
    assert page.input_value("#search") == "latency:>"


def test_chart_shows_its_table(page: Page) -> None:
    """The table behind a chart is one press away."""
    chart = page.locator("assay-chart").first
    chart.scroll_into_view_if_needed()
    chart.get_by_role("button", name="Table").click()
    assert chart.get_by_role("cell").count() == 28
    assert chart.locator(".chart-plot").is_hidden()


def test_pages_work_without_script(browser: Browser, address: str) -> None:
    """Without JavaScript the table stands in for the chart, menus open, all snippets are shown."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.get_by_role("cell", name="400", exact=False).first.is_visible()
    page.get_by_role("button", name="Time range").click()
    assert page.get_by_role("link", name="Last 30 days").is_visible()
    assert page.get_by_text("pip install opentelemetry-sdk").is_visible()
    context.close()
