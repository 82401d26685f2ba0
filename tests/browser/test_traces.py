"""The engineer's pages in a real browser: by keyboard, beside the list, and without script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Product, Seat, overflow, sign_in, violations

pytestmark = pytest.mark.browser

LIST = "/p/sample/traces"


@pytest.fixture
def page(seat: Callable[..., Seat], analysed: Product) -> Iterator[Page]:
    """The trace list of the sample project."""
    opened = seat().open(LIST)
    yield opened
    opened.close()


@pytest.fixture
def plain(browser: Browser, analysed: Product) -> Iterator[Page]:
    """A signed-in browser that runs no script."""
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    sign_in(opened, analysed)
    opened.goto(f"{analysed.base}{LIST}")
    yield opened
    context.close()


def test_a_trace_opens_beside_the_list_and_closes_again(page: Page) -> None:
    """J walks, Enter opens, J goes on with the trace following, Escape closes; the address says what is open."""
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#beside #trace")).to_be_visible()
    first = page.locator("tr[data-current]").get_attribute("data-trace")
    assert page.url.endswith(f"open={first}")
    page.keyboard.press("j")
    page.wait_for_function(f"document.querySelector('tr[data-current]').dataset.trace !== '{first}'")
    page.wait_for_load_state("networkidle")
    assert violations(page) == []
    assert overflow(page) <= 0
    page.keyboard.press("Escape")
    expect(page.locator("#beside")).to_be_hidden()
    assert page.url.endswith(LIST)


def test_a_link_to_an_open_trace_opens_it(page: Page, seat: Callable[..., Seat]) -> None:
    """State is in the address."""
    trace_id = page.locator("#rows tr").nth(3).get_attribute("data-trace")
    again = seat().open(f"{LIST}?open={trace_id}")
    expect(again.locator("#beside #trace")).to_be_visible()
    again.close()


def test_the_views_of_a_trace_beside_the_list_stay_there(page: Page) -> None:
    """Digits switch views; a chosen span shows its detail."""
    page.locator(".row-link").first.click()
    expect(page.locator("#beside .conversation").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("2")
    expect(page.locator("#beside [role=tree]")).to_be_visible()
    row = page.locator("#beside .span-row").last
    row.click()
    expect(page.locator("#span-detail h2")).to_contain_text(row.locator(".span-name > .truncate").first.inner_text())
    page.keyboard.press("3")
    expect(page.locator("#beside pre")).to_contain_text("span_id")


def test_the_search_is_reached_typed_and_taken_back(page: Page) -> None:
    """Slash focuses, the suggestion completes, Enter applies, the chip's cross takes it away."""
    page.keyboard.press("/")
    page.keyboard.type("status:e")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q=status%3Aerror"))
    expect(page.locator(".token")).to_have_count(1)
    expect(page.locator("td.state[data-tone=ok]")).to_have_count(0)
    page.get_by_label("Remove status:error").click()
    page.wait_for_url(lambda url: "status" not in url)


def test_a_facet_narrows_the_list(seat: Callable[..., Seat], analysed: Product) -> None:
    """Its count is the count of what it leads to; the sample's outage may be weeks ago."""
    page = seat().open(f"{LIST}?range=30d")
    value = page.locator(".facet-value", has_text="error").first
    count = value.locator(".n").inner_text()
    value.click()
    expect(page.locator("#count strong")).to_have_text(f"{count} traces" if count != "1" else "1 trace")


def test_more_rows_are_loaded_below(page: Page) -> None:
    """Without a new page, each once."""
    page.get_by_role("link", name="Load more").click()
    expect(page.locator("#rows tr")).to_have_count(100)
    ids = page.locator("#rows tr").evaluate_all("rows => rows.map(row => row.dataset.trace)")
    assert len(set(ids)) == 100


def test_chosen_traces_go_to_review(page: Page) -> None:
    """By X and a button; a notice says how many."""
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-count]")).to_have_text("1")
    page.get_by_role("button", name="Add to review queue").click()
    expect(page.locator(".toast").first).to_contain_text("Flagged answers")


def test_spans_are_walked_by_keyboard(page: Page, seat: Callable[..., Seat]) -> None:
    """J and K move, the detail follows, the address says which."""
    trace_id = page.locator("#rows tr").first.get_attribute("data-trace")
    trace = seat().open(f"{LIST}/{trace_id}?view=spans")
    before = trace.locator('.span-row[aria-selected="true"]').get_attribute("id")
    trace.keyboard.press("j")
    after = trace.locator('.span-row[aria-selected="true"]').get_attribute("id")
    assert before != after
    expect(trace).to_have_url(re.compile(f"span={str(after).removeprefix('span-')}"))
    trace.keyboard.press("k")
    assert trace.locator('.span-row[aria-selected="true"]').get_attribute("id") == before
    trace.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
@pytest.mark.parametrize("view", ["?view=spans", "?view=raw", "user"])
def test_views_and_users_hold(
    page: Page, seat: Callable[..., Seat], analysed: Product, view: str, width: int, scheme: str
) -> None:
    """No barrier, no overflow, no complaint, at both widths and in both schemes."""
    found = analysed.api("traces", q="has:flag has:tool", limit=1)["traces"][0]
    taken = seat(width, scheme)
    opened = taken.open(
        f"/p/sample/users/{found['user_id']}" if view == "user" else f"{LIST}/{found['trace_id']}{view}"
    )
    assert overflow(opened) <= 0
    assert taken.complaints == []
    assert violations(opened) == []
    opened.close()


def test_everything_is_there_without_script(plain: Page) -> None:
    """Search, next page, facet, trace, span: links and forms do it."""
    first = plain.locator("#rows tr").first.get_attribute("data-trace")
    plain.get_by_role("link", name="Load more").click()
    assert plain.locator("#rows tr").first.get_attribute("data-trace") != first
    plain.fill("#search", "has:tool")
    plain.locator("#search").press("Enter")
    expect(plain.locator(".token")).to_have_text("has:tool")
    plain.locator(".row-link").first.click()
    expect(plain.locator(".conversation").first).to_be_visible()
    plain.get_by_role("link", name="Spans").click()
    expect(plain.locator("[role=tree]")).to_be_visible()
    plain.locator("noscript a").last.click()
    expect(plain).to_have_url(re.compile("span="))
