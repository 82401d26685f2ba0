"""A product manager finds what people want: topics with readable names, linked to the map, named by people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Product, Seat, overflow, violations

pytestmark = pytest.mark.browser
ADDRESS = "/p/sample/topics?range=30d&view=groups"


@pytest.fixture
def topics(seat: Callable[..., Seat], analysed: Product) -> Iterator[Page]:
    """The topics of the sample project."""
    page = seat(1440).open(ADDRESS)
    page.wait_for_selector(".scatterlayer .trace")
    yield page
    page.close()


def test_topics_have_readable_names_and_say_what_they_cover(topics: Page, analysed: Product) -> None:
    """Words, not numbers; shares, and how many conversations stand behind them."""
    found = analysed.api("topics")
    names = [topic["name"] for topic in found["topics"]]
    assert len(names) >= 10
    assert all(re.search(r"[A-Za-z]{3,}", name) and len(name) < 80 for name in names)
    assert len(set(names)) == len(names)
    topics.goto(topics.url.replace("view=groups", "view=topics"))
    shown = topics.locator(".topics-table .row-link").all_inner_texts()
    assert "Other" not in shown[:-1]
    assert shown[-1] == "Other" or not found["other"]
    assert len(shown) > 10
    expect(topics.locator(".coverage-line")).to_contain_text("conversations in this period")


def test_a_row_lights_up_its_points_and_a_point_its_row(topics: Page) -> None:
    """Table and map are two views of the same."""
    topics.locator("tr[data-topics]").nth(2).hover()
    expect(topics.locator("[data-map][data-dimmed]")).to_have_count(1)
    assert topics.locator(".scatterlayer .trace.lit").count() >= 1
    topics.mouse.move(2, 2)
    expect(topics.locator("[data-map][data-dimmed]")).to_have_count(0)
    box = topics.locator(".scatterlayer .trace path.point").last.bounding_box()
    assert box is not None
    topics.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(topics.locator("tr[data-lit]")).to_have_count(1)
    topics.mouse.down()
    topics.mouse.up()
    topics.wait_for_url("**/conversations/**")


def test_groups_unfold_by_key(topics: Page) -> None:
    """J walks, F unfolds a group, E all; Enter opens."""
    for key in ("j", "f"):
        topics.keyboard.press(key)
    below = topics.locator("tr[data-level='1']")
    assert below.count() >= 1
    topics.keyboard.press("f")
    assert below.count() == 0
    topics.keyboard.press("e")
    assert below.count() >= 10
    topics.keyboard.press("Enter")
    topics.wait_for_url("**/topics/*")


def test_a_topic_is_named_by_people_and_leads_to_its_traces(seat: Callable[..., Seat], analysed: Product) -> None:
    """The name shows in the table, and the machine's name comes back when it is emptied."""
    number = analysed.api("topics")["topics"][0]["number"]
    page = seat().open(f"/p/sample/topics/{number}?range=30d")
    machine = page.locator("h1 span").first.inner_text()
    page.keyboard.press("n")
    page.keyboard.press("Control+a")
    page.keyboard.type("What people want most")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("What people want most")
    expect(page.locator(".topic-words")).to_contain_text(machine)
    assert analysed.api("topics")["topics"][0]["name"] == "What people want most"
    page.locator(".page-head a.button.primary").click()
    page.wait_for_url("**/traces?*")
    assert page.locator(".row-link").count() > 5
    page.goto(f"{analysed.base}/p/sample/topics/{number}")
    page.keyboard.press("n")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(machine)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    "address", ["topics?chart=flags&view=topics", "topics/0", "topics?from=2020-01-01&to=2020-01-02"]
)
def test_the_other_faces_hold(
    seat: Callable[..., Seat], analysed: Product, address: str, width: int, scheme: str
) -> None:
    """Bubbles, Other and an empty period."""
    taken = seat(width, scheme)
    page = taken.open(f"/p/sample/{address}")
    try:
        assert overflow(page) <= 0
        assert taken.complaints == []
        assert violations(page) == []
    finally:
        page.close()


def test_a_project_with_too_few_conversations_says_so(seat: Callable[..., Seat], analysed: Product) -> None:
    """And what comes next."""
    page = seat().open(f"/p/{analysed.project}/topics")
    expect(page.locator("h2").first).to_contain_text("Topics need 30 conversations")
    assert violations(page) == []
    page.close()
