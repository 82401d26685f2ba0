"""How long pages take: ``python -m tests.benchmarks.pages`` fills a store and asks for each page some fifteen times.

A fresh installation is filled with a played month, copied until there are as many spans as asked for; all stages of the
analysis have run over it. One person looks: a page after the other, from this machine. CPU time is milliseconds of a
request that the kernel charged web server and store; where others use the machine too it says more than the times do.
``--browser`` opens the large trace in Chromium as well.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from tests.benchmarks import copies
from tests.benchmarks.installation import (
    EMAIL,
    SLUG,
    Installation,
    advance_to_end,
    ask,
    installation,
    machine,
    play_month,
    told,
)

_SPANS_A_CONVERSATION: Final = 8.8


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    spans: int
    large: int
    requests: int
    fewest: int
    seconds_a_page: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What one page took; CPU, queries and sizes are of one request."""

    times_ms: list[float]
    web_ms: float
    store_ms: float
    queries: float
    wire_kib: float
    page_kib: float

    def told(self, name: str) -> str:
        """One line of the table."""
        times = (min(self.times_ms), statistics.median(self.times_ms), _p95(self.times_ms))
        spent = (self.web_ms, self.store_ms, self.queries)
        numbers = "".join(f"{value:>9.0f}" for value in (*times, *spent))
        return f"{name:<38}{numbers}{self.wire_kib:>9.1f}{self.page_kib:>9.0f}{len(self.times_ms):>5}"


_COLUMNS: Final = ("best ms", "p50 ms", "p95 ms", "web CPU", "st. CPU", "queries", "KiB sent", "KiB page")
HEAD: Final = f"{'page':<38}{''.join(f'{name:>9}' for name in _COLUMNS)}{'n':>5}"


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=200_000, help="how many spans the project has (200000)")
    parser.add_argument("--browser", action="store_true", help="open the large trace in Chromium too")
    parser.add_argument("--smoke", action="store_true", help="little of everything, to see that it runs")
    asked = parser.parse_args()
    sizes = Sizes(1000, 300, 1, 1, 0) if asked.smoke else Sizes(asked.spans, 5000, 15, 5, 2)
    print(machine())
    with installation() as here:
        large = fill(here, sizes)
        measure(here, large, sizes)
        if asked.browser:
            in_browser(here, f"/p/{SLUG}/traces/{large}?view=spans")


def fill(here: Installation, sizes: Sizes) -> str:
    """Store the spans and all that the analysis makes of them; id of the large trace."""
    conversations = min(1000, max(60, int(sizes.spans / _SPANS_A_CONVERSATION / 2)))
    month = play_month(here, conversations)
    with told("analyse it"):
        _words_for_meaning()
        advance_to_end(here.project_id)
        _fit(here.project_id)
        advance_to_end(here.project_id)
    base = ask("SELECT count() FROM span")[0][0]
    copies.copy_month(max(1, round(sizes.spans / base)))
    texts = [(turn.ask, turn.answer) for conversation in month for turn in conversation.turns]
    large = copies.large_trace(here.project_id, sizes.large, texts)
    _catch_up(here.project_id, large)
    count = {name: ask(f"SELECT count() FROM {name}")[0][0] for name in ("span", "turn", "flag", "topic_assignment")}
    print(", ".join(f"{number:,} {name}s" for name, number in count.items()), flush=True)
    return large


def measure(here: Installation, large: str, sizes: Sizes) -> None:
    """Print a line a page."""
    from django.urls import Resolver404, resolve

    print(HEAD)
    with signed_in(here) as client:
        for name, path in paths(here.project_id, large):
            try:
                resolve(path.split("?")[0])
            except Resolver404:
                print(f"{name:<38}  there is no such page")
                continue
            print(figures(here, client, path, sizes).told(name), flush=True)


def paths(project_id: int, large: str) -> Iterator[tuple[str, str]]:
    """Name and address of what is asked for."""
    from analytics.questions.facets import FACETS

    room = f"/p/{SLUG}"
    yield "overview (14 days)", f"{room}/"
    yield "overview, 30 days", f"{room}/?range=30d"
    yield "traces (14 days)", f"{room}/traces"
    yield "traces, 30 days", f"{room}/traces?range=30d"
    yield "traces, 30 days, by latency", f"{room}/traces?range=30d&sort=latency"
    for search in ("refund", "status:error", "model:gpt* has:flag", "latency:>20s"):
        yield f"traces, 30 days, {search}", f"{room}/traces?range=30d&q={quote(search)}"
    yield "their number, 30 days", f"{room}/trace-count?range=30d&since={quote('2026-01-01T00:00:00+00:00')}"
    for facet in FACETS:
        yield f"facet {facet}, 30 days", f"{room}/trace-facets/{facet}?range=30d"
    yield from _drilled(room, large)
    yield "topics (14 days)", f"{room}/topics"
    yield "topics, 30 days", f"{room}/topics?range=30d"
    yield "one topic, 30 days", f"{room}/topics/{_largest_topic(project_id)}?range=30d"
    yield "review, to its item", f"{room}/review"
    yield "settings", f"{room}/settings"
    yield "API: overview, 30 days", "/api/v1/overview"
    yield "API: 50 traces, 30 days", "/api/v1/traces"
    yield "API: one trace of 5 spans", f"/api/v1/traces/{small_trace()}"
    for what in ("topics", "flags", "review/items"):
        yield f"API: {what}, 30 days", f"/api/v1/{what}"


def _drilled(room: str, large: str) -> Iterator[tuple[str, str]]:
    small = small_trace()
    long, user = ask(
        "SELECT conversation_id, any(user_id) FROM turn WHERE user_id != '' GROUP BY 1 ORDER BY count() DESC, 1 LIMIT 1"
    )[0]
    many = ask("SELECT count() FROM span_preview WHERE trace_id = {id:String}", id=large)[0][0]
    for view in ("conversation", "spans", "raw"):
        yield f"trace of 5 spans, {view}", f"{room}/traces/{small}?view={view}"
    for view in ("conversation", "spans", "raw"):
        yield f"trace of {many:,} spans, {view}", f"{room}/traces/{large}?view={view}"
    yield "conversation of 6 turns", f"{room}/conversations/{long}"
    yield "user, 30 days", f"{room}/users/{user}?range=30d"


def small_trace() -> str:
    """Id of a trace as most are: five spans, and one turn made of them."""
    return str(
        ask(
            "SELECT trace_id FROM span_preview WHERE trace_id IN (SELECT trace_id FROM turn)"
            " GROUP BY trace_id HAVING count() = 5 ORDER BY trace_id LIMIT 1"
        )[0][0]
    )


def _largest_topic(project_id: int) -> int:
    rows = ask(
        "SELECT topic_id FROM topic_assignment WHERE project_id = {p:UInt32} AND topic_id > 0 GROUP BY 1"
        " ORDER BY count() DESC LIMIT 1",
        p=project_id,
    )
    return int(rows[0][0]) if rows else 1


@contextmanager
def signed_in(here: Installation) -> Iterator[httpx.Client]:
    """A client that has signed in as a person does."""
    with httpx.Client(base_url=here.url, follow_redirects=True, timeout=60) as client:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/sign-in").text)
        assert token, "the sign-in page has no form"
        filled = {"username": EMAIL, "password": here.password, "csrfmiddlewaretoken": token[1]}
        answer = client.post("/sign-in", data=filled, headers={"Referer": here.url})
        assert answer.url.path != "/sign-in", "the sign-in was refused"
        yield client


def figures(here: Installation, client: httpx.Client, path: str, sizes: Sizes) -> Figures:
    """Ask for a page until there are enough answers or the time is over, after two that do not count."""
    headers = {"Authorization": f"Bearer {here.secret}"} if path.startswith("/api/") else {}
    for _ in range(min(2, sizes.requests)):
        answer = client.get(path, headers=headers)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answers {answer.status_code}: {answer.text[:300]}")
    queries, web, store = _selects(), here.web.cpu_s, here.store.cpu_s
    until = time.monotonic() + sizes.seconds_a_page
    times: list[float] = []
    while len(times) < sizes.requests and (time.monotonic() < until or len(times) < sizes.fewest):
        begun = time.perf_counter()
        answer = client.get(path, headers=headers)
        times.append((time.perf_counter() - begun) * 1000)
    spent = [(here.web.cpu_s - web) * 1000, (here.store.cpu_s - store) * 1000, _selects() - queries - 1]
    web_ms, store_ms, selects = (total / len(times) for total in spent)
    return Figures(times, web_ms, store_ms, selects, answer.num_bytes_downloaded / 1024, len(answer.content) / 1024)


def _selects() -> int:
    return int(ask("SELECT value FROM system.events WHERE event = 'SelectQuery'")[0][0])


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[18] if len(times) > 1 else times[0]


def in_browser(here: Installation, path: str) -> None:
    """How long Chromium needs until the page stands."""
    from playwright.sync_api import sync_playwright

    from tests.present import chromium

    if not chromium():
        raise SystemExit("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"]).new_page()
        page.goto(f"{here.url}/sign-in")
        page.fill("[name=username]", EMAIL)
        page.fill("[name=password]", here.password)
        with page.expect_navigation():
            page.press("[name=password]", "Enter")
        times: dict[str, list[float]] = {}
        for _ in range(8):
            page.goto(here.url + path, wait_until="load")
            timing: dict[str, Any] = page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
            paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            moments = {"answered": timing["responseEnd"], "painted": paint, "loaded": timing["loadEventEnd"]}
            for name, value in moments.items():
                times.setdefault(name, []).append(value)
    told_times = (f"{name} after {min(ms):.0f} ms (p50 {statistics.median(ms):.0f})" for name, ms in times.items())
    print(f"in Chromium: {', '.join(told_times)}, best of 8: {path}")


def _words_for_meaning() -> None:
    """A model of meaning costs a minute, and pages are as fast over topics that words alone tell apart."""
    import numpy as np

    from analytics.pipeline import embed

    class Words:
        name, version, dimensions = "words", "1", 96

        def encode(self, texts: Any) -> Any:
            vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
            for row, text in enumerate(texts):
                for word in re.findall(r"\w+", text.lower()):
                    vectors[row, int.from_bytes(word.encode()[:7].ljust(7), "big") % 9973 % self.dimensions] += 1
            return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    embed.embedder = Words  # type: ignore[assignment]  # its call makes one


def _fit(project_id: int) -> None:
    from analytics.pipeline.fit import fit_topics

    fit_topics(project_id, "benchmark")


def _catch_up(project_id: int, trace_id: str) -> None:
    """Make the turn of one trace and let the stages stand where a worker would have left them."""
    from django.utils import timezone

    from analytics.pipeline.stages import STAGES
    from backend.jobs.models import Stage

    for step in STAGES:
        step.run(project_id, [trace_id])
    Stage.objects.filter(project_id=project_id).update(position=timezone.now(), cursor="", head=None)


if __name__ == "__main__":
    main()
