"""A reviewer judges answers by keyboard alone, and the verdict is in the API."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ROOT, Product, Seat, overflow, violations

pytestmark = pytest.mark.browser
_EMPTY = """
from backend.accounts.models import User
from backend.projects.models import Membership, Project, Role
empty = Project.objects.create(name="Empty", slug="empty")
Membership.objects.create(project=empty, user=User.objects.first(), role=Role.OWNER)
"""


@pytest.fixture
def reviewing(seat: Callable[..., Seat], analysed: Product) -> Any:
    """The queue of the sample project, opened."""
    page = seat().open("/p/sample/review")
    yield page
    page.close()


def go(page: Page, *keys: str) -> str:
    """Press keys of which the last leads to another page; its address."""
    before = page.url
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_url(lambda url: url != before)
    page.wait_for_load_state("networkidle")
    return page.url


def field(page: Page) -> str:
    """Name of the field that keys act on."""
    return str(page.locator("[data-active]").get_attribute("data-field"))


def test_an_answer_is_judged_by_keyboard_and_the_verdict_is_in_the_api(reviewing: Page, analysed: Product) -> None:
    """Flags, grade, cause, a better answer, and on to the next."""
    item = int(reviewing.url.rpartition("/")[2])
    trace = reviewing.locator(".judged .judged-head a").get_attribute("href")
    assert trace is not None
    while field_of_grade(reviewing) != "grade":
        reviewing.keyboard.press("1")
        reviewing.keyboard.press("Enter")
    for key in ("3", "Enter", "2", "Enter"):
        reviewing.keyboard.press(key)
    reviewing.keyboard.type("It comes on Friday. 1 2 s u")
    assert go(reviewing, "Control+Enter").rpartition("/")[2] != str(item)
    assert "you 1" in " ".join(reviewing.locator(".stats").inner_text().split())
    verdicts = analysed.api("review/verdicts")["verdicts"]
    said = next(one for one in verdicts if one["item_id"] == item)
    assert (said["grade"], said["cause"]) == ("bad", "retrieval_failed")
    assert said["correction"] == "It comes on Friday. 1 2 s u"
    assert set(said["flags"].values()) == {"confirmed"}
    assert 0 < said["seconds"] < 120
    scores = analysed.api("scores", trace_id=trace.rpartition("/")[2], name="verdict")["scores"]
    assert [score["label"] for score in scores] == ["bad"]


def field_of_grade(page: Page) -> str:
    """The field keys act on; the first one before any was touched."""
    return field(page) if page.locator("[data-active]").count() else "first"


def test_walking_skipping_and_undoing_go_by_keys(reviewing: Page) -> None:
    """→ ← walk, S asks for a reason, U takes it back with what was typed."""
    first = reviewing.url
    second = go(reviewing, "ArrowRight")
    assert go(reviewing, "ArrowLeft") == first != second
    reviewing.keyboard.press("s")
    reviewing.keyboard.type("Not enough context")
    assert go(reviewing, "Enter") != first
    assert go(reviewing, "u") == first


def test_the_cause_is_asked_where_the_answer_is_not_good(reviewing: Page) -> None:
    """And is no stop for the arrows otherwise."""
    cause = reviewing.locator("[data-field=cause]")
    assert cause.count() == 0
    reviewing.locator("input[name=grade][value=bad]").check(force=True)
    assert cause.count() == 1
    reviewing.locator("input[name=grade][value=good]").check(force=True)
    assert cause.count() == 0


def test_it_works_without_javascript(analysed: Product, seat: Callable[..., Seat]) -> None:
    """Plain forms: judge one, undo it."""
    state = seat().context.storage_state()
    browser = seat().context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(f"{analysed.base}/p/sample/review")
    first = page.url
    page.locator("input[name=grade][value=good]").check(force=True)
    page.locator("[data-complete]").click()
    assert page.url != first
    page.locator(".review-head form button").first.click()
    assert page.url == first
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_screen_holds_with_everything_open(
    seat: Callable[..., Seat], analysed: Product, width: int, scheme: str
) -> None:
    """Also with the cause asked and the reason for a skip open."""
    taken = seat(width, scheme)
    page = taken.open("/p/sample/review")
    page.locator("input[name=grade][value=bad]").check(force=True)
    page.locator("[popovertarget=skip][data-key]").click()
    try:
        assert overflow(page) <= 0
        assert taken.complaints == []
        assert violations(page) == []
    finally:
        page.close()


def test_an_empty_queue_says_what_fills_it(seat: Callable[..., Seat], product: Product) -> None:
    """A project that nothing was ever sent to: any other may get a flag while tests go on."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ASSAY_", "DJANGO_"))}
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", _EMPTY]
    subprocess.run(command, cwd=ROOT, env={**environ, "ASSAY_HOME": str(product.home)}, check=True)
    page = seat().open("/p/empty/review")
    assert "Nothing waits for review" in page.locator("h2").first.inner_text()
    assert violations(page) == []
    page.close()
