"""Every page at two widths and in two colour schemes: no barrier that axe finds, no overflow, no complaint."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Product, Seat, overflow, violations

pytestmark = pytest.mark.browser

PAGES = [
    "",
    "topics",
    "topics/fits",
    "topics/by/problem",
    "topics/by/problem/cause:prompt",
    "topics/by/outcome",
    "topics/by/outcome/well",
    "analysis",
    "analysis/detectors",
    "topics/TOPIC",
    "topics/TOPIC/split",
    "traces",
    "traces?q=flag:repetition",
    "traces/TRACE",
    "conversations/CONVERSATION",
    "review",
    "alerts",
    "alerts/rules/new?metric=volume",
    "alerts/rules/new?metric=emerging",
    "setup",
    "settings",
    "settings/arrivals",
    "settings/detectors",
    "settings/detectors/refusal",
    "settings/detectors/new",
    "settings/privacy",
    "settings/prices",
    "settings/prices?search=gpt-4o&model=house-llm",
    "settings/detectors/new-judge",
    "settings/judges",
    "settings/keys/2",  # the sample player's: the first is that of the settings
]


@pytest.fixture(scope="session")
def places(analysed: Product) -> dict[str, str]:
    """Ids of the sample project that stand for the words in the addresses."""
    trace = analysed.api("traces", q="has:flag has:tool", limit=1)["traces"][0]
    topic = analysed.api("topics")["topics"][0]
    return {"TRACE": trace["trace_id"], "CONVERSATION": trace["conversation_id"], "TOPIC": str(topic["number"])}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("address", PAGES)
def test_the_page_holds(
    seat: Callable[..., Seat], places: dict[str, str], address: str, width: int, scheme: str
) -> None:
    """As people with other eyes, hands and screens need it."""
    for word, value in places.items():
        address = address.replace(word, value)
    taken = seat(width, scheme)
    page = taken.open(f"/p/sample/{address}")
    try:
        assert overflow(page) <= 0
        assert taken.complaints == []
        assert violations(page) == []
    finally:
        page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_without_a_project_takes_the_whole_width(seat: Callable[..., Seat], width: int) -> None:
    """Without the rail beside it: the page for an unknown address was a strip of 32 px on phones."""
    taken = seat(width, "light")
    page = taken.context.new_page()
    try:
        page.goto(f"{taken.product.base}/p/sample/nowhere")
        box = page.locator("#main").bounding_box()
        assert box is not None
        assert (box["x"], box["width"]) == (0, width)
        assert violations(page) == []
    finally:
        page.close()
