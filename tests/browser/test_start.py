"""The first minutes of a newcomer: sign in, make a key, send a trace with the snippet, see it open by itself."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Product, Seat, sign_in, violations

pytestmark = pytest.mark.browser


def test_a_wrong_password_stays_outside(browser: Browser, product: Product) -> None:
    """The page says so and does not say which of the two was wrong."""
    page = browser.new_page()
    page.goto(f"{product.base}/p/sample/")
    assert "/sign-in" in page.url
    page.fill("[name=username]", product.email)
    page.fill("[name=password]", "not it")
    page.click("button.primary")
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    page.close()


def test_signing_in_opens_what_was_asked_for_and_signing_out_closes_it(browser: Browser, product: Product) -> None:
    """Also without a project in the address."""
    page = browser.new_page()
    sign_in(page, product)
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{product.base}/p/sample/")
    assert "/sign-in" in page.url
    page.close()


def test_the_snippet_sends_a_trace_that_opens_by_itself(
    seat: Callable[..., Seat], product: Product, tmp_path: Path
) -> None:
    """What the page shows is pasted into a file and run as it stands."""
    page = seat().open(f"/p/{product.project}/setup")
    page.get_by_role("button", name="Make a key").click()
    program = page.locator("pre", has_text="OTLPSpanExporter").first.inner_text()
    assert re.search(r"Bearer sk-assay-\S{20,}", program)
    script = tmp_path / "send.py"
    script.write_text(program)
    subprocess.run([sys.executable, str(script)], check=True, timeout=60)
    page.wait_for_url(re.compile(r"/traces/[0-9a-f]{32}"), timeout=15_000)
    expect(page.get_by_text("It arrives tomorrow.").first).to_be_visible()
    page.close()


def test_the_palette_jumps_by_keyboard(seat: Callable[..., Seat]) -> None:
    """Ctrl K, a few letters, Enter; also by who is faster than the answer."""
    page = seat().open("/p/sample/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="Overview").first).to_be_visible()
    page.keyboard.type("Settings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    page.close()
