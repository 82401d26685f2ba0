"""The whole product as a newcomer starts it, with its sample project, and a real browser to use it with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.present import chromium
from tests.settings import free_port

ROOT = Path(__file__).parent.parent.parent
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
READY_WITHIN_S = 90
ANALYSED_WITHIN_S = 600


@dataclass(frozen=True, slots=True)
class Product:
    """A running installation.

    Attributes:
        base: its address.
        home: its data.
        secret: secret key of the project ``browser-project``.
        sample_secret: secret key of the sample project.
    """

    base: str
    home: Path
    email: str
    password: str
    secret: str
    sample_secret: str = ""
    project: str = "browser-project"

    def api(self, path: str, secret: str = "", **query: Any) -> Any:
        """Ask the API as a program does; the sample project where no other key is given."""
        answer = httpx.get(
            f"{self.base}/api/v1/{path}",
            params=query,
            headers={"Authorization": f"Bearer {secret or self.sample_secret}"},
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json()

    def truth(self) -> list[dict[str, Any]]:
        """What the simulator knows about each exchange it played."""
        lines = (self.home / "sample" / "truth.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Everything `make up` starts, on ports of its own, once it answers."""
    home = tmp_path_factory.mktemp("product")
    port = free_port()
    made = Product(
        f"http://127.0.0.1:{port}", home, "owner@example.com", "a-long-password", "sk-browser-0123456789abcdef"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ASSAY_", "DJANGO_"))}
    environ |= {
        "ASSAY_HOME": str(home),
        "ASSAY_PORT": str(port),
        "ASSAY_STORE_PORT": str(free_port()),
        "ASSAY_GRPC_PORT": "0",
        "ASSAY_INIT_EMAIL": made.email,
        "ASSAY_INIT_PASSWORD": made.password,
        "ASSAY_INIT_PROJECT": "Browser project",
        "ASSAY_INIT_PUBLIC_KEY": "pk-browser",
        "ASSAY_INIT_SECRET_KEY": made.secret,
    }
    log = (home / "supervisor.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "backend.supervisor"], cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        _wait(lambda: _answers(made.base), READY_WITHIN_S, "the product answers", home)
        key = (home / "secrets" / "sample-key").read_text().strip()
        yield Product(made.base, home, made.email, made.password, made.secret, key)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def analysed(product: Product) -> Product:
    """The product once its sample project is played and analysed: turns, topics, flags."""
    _wait(
        (product.home / "sample" / "truth.jsonl").exists,
        ANALYSED_WITHIN_S,
        "the sample is played",
        product.home,
    )
    planned = len(product.truth())
    _wait(lambda: _is_analysed(product, planned), ANALYSED_WITHIN_S, "the sample is analysed", product.home)
    return product


def _is_analysed(product: Product, planned: int) -> bool:
    turns = product.api("overview", start=days_ago(60))["found"]["now"]["turns"]
    status = product.api("status")
    # Scores come last and take longest, and no page waits for them: what is tested here shows while they are made.
    waiting = [stage["name"] for stage in status["stages"] if stage["waiting"] and stage["name"] != "score"]
    return bool(turns >= planned * 0.99 and not waiting and status["topics"])


def days_ago(days: int) -> str:
    """A moment as the API reads it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86_400))


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _wait(done: Callable[[], bool], seconds: float, text: str, home: Path) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            log = (home / "supervisor.log").read_text(errors="replace")[-4000:]
            pytest.fail(f"not within {seconds:.0f} s: {text}\n{log}")
        time.sleep(0.5)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=_FLAGS)
        yield found
        found.close()


@dataclass(slots=True)
class Seat:
    """A signed-in person at a browser of one width and colour scheme, and what the console complained of."""

    context: BrowserContext
    product: Product
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a page and wait until it is quiet."""
        page = self.context.new_page()
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        answer = page.goto(f"{self.product.base}{path}")
        assert answer is not None
        assert answer.status == 200, f"{path} answers {answer.status}"
        page.wait_for_load_state("networkidle")
        return page


@pytest.fixture(scope="session")
def seat(browser: Browser, product: Product) -> Iterator[Callable[..., Seat]]:
    """Makes signed-in seats; one context a width and scheme is kept for all tests."""
    made: dict[tuple[int, str], Seat] = {}

    def take(width: int = 1280, scheme: str = "light") -> Seat:
        if (width, scheme) not in made:
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
            page = context.new_page()
            sign_in(page, product)
            page.close()
            made[width, scheme] = Seat(context, product)
        found = made[width, scheme]
        found.complaints.clear()
        return found

    yield take
    for one in made.values():
        one.context.close()


def sign_in(page: Page, product: Product) -> None:
    """Go through the sign-in page."""
    page.goto(f"{product.base}/sign-in")
    page.fill("[name=username]", product.email)
    page.fill("[name=password]", product.password)
    page.click("button.primary")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def violations(page: Page) -> list[str]:
    """What axe finds on a page, one line each."""
    found = page.evaluate(f"{AXE};axe.run(document, {{runOnly: {json.dumps(_RULES)}}})")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


def overflow(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
