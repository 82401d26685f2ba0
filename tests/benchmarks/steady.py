"""Whether ingest stays as it is: how soon a span is seen under load, and memory over millions of spans.

``python -m tests.benchmarks.steady visible`` sends 1,000 spans a second and, beside them, single traces that it
then looks for on their pages. ``python -m tests.benchmarks.steady memory`` sends 5,000,000 different spans as fast as
they are taken and prints the resident memory of both processes after each share.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import threading
import time
from typing import Final

import httpx

from tests.benchmarks.ingest import body, load, servers, single
from tests.benchmarks.processes import resident_mib

_SHARE: Final = 2_000
"""Requests of 100 spans between two looks at memory."""
_LOOK_S: Final = 0.05


def main() -> None:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["visible", "memory"])
    parser.add_argument("--seconds", type=float, default=60, help="visible: how long to send (60)")
    parser.add_argument("--rate", type=int, default=1000, help="visible: spans a second beside those looked for (1000)")
    parser.add_argument("--spans", type=int, default=5_000_000, help="memory: how many to send (5,000,000)")
    asked = parser.parse_args()
    if asked.what == "visible":
        visible(asked.seconds, asked.rate)
    else:
        memory(asked.spans)


def visible(seconds: float, rate: int) -> None:
    """How long after its export began a trace stands on its page, while others send.

    Args:
        seconds: how long to send.
        rate: spans a second, in requests of 100.
    """
    with servers() as (url, _, _, session):
        ended = threading.Event()
        sender = threading.Thread(target=_send_steadily, args=(url, rate, ended))
        sender.start()
        delays = asyncio.run(_looked_for(url, session, seconds))
        ended.set()
        sender.join()
    delays.sort()
    print(
        f"{len(delays)} traces at {rate:,} spans/s: on their page after p50 {statistics.median(delays):.2f} s,"
        f" p95 {delays[int(0.95 * len(delays))]:.2f} s, at most {delays[-1]:.2f} s"
    )


def _send_steadily(url: str, rate: int, ended: threading.Event) -> None:
    """Send requests of 100 spans at a steady rate, whatever each takes, and fail where one is not taken."""
    due, number = time.monotonic(), 0
    with httpx.Client(headers=_HEADERS) as client:
        while not ended.is_set():
            client.post(url, content=body(1 + number * 25, 25)).raise_for_status()
            number += 1
            due += 100 / rate
            ended.wait(max(0.0, due - time.monotonic()))


_HEADERS: Final = {"authorization": "Bearer sk-bench", "content-type": "application/x-protobuf"}


async def _looked_for(url: str, session: str, seconds: float) -> list[float]:
    """Send a trace each half second and look for it on its page until it stands there; seconds from the sending."""
    page_of = url.removesuffix("/v1/traces") + "/p/b/traces"

    async def one(number: int) -> float:
        began = time.monotonic()
        (await client.post(url, content=single(number), headers=_HEADERS)).raise_for_status()
        while True:
            page = await client.get(f"{page_of}/{number:032x}")
            if page.status_code == 200 and f"Where is my order {number}," in page.text:
                return time.monotonic() - began
            if time.monotonic() - began > 60:
                raise SystemExit(f"trace {number:032x} is not on its page after a minute: HTTP {page.status_code}")
            await asyncio.sleep(_LOOK_S)

    async with httpx.AsyncClient(cookies={"sessionid": session}, timeout=60) as client:
        await asyncio.sleep(min(5.0, seconds / 4))  # until the load is steady
        tasks = []
        for number in range(max(1, int(seconds * 2))):
            tasks.append(asyncio.create_task(one(10**7 + number)))
            await asyncio.sleep(0.5)
        return list(await asyncio.gather(*tasks))


def memory(spans: int) -> None:
    """Resident memory of web server and store while many spans come.

    Args:
        spans: how many, rounded up to a share.
    """
    with servers() as (url, web, store, _):
        sent = 0
        while sent < spans:
            count = min(_SHARE, -(-(spans - sent) // 100))
            bodies = [body(1 + sent // 4 + number * 25, 25) for number in range(count)]
            told = load(url, (web, store), bodies, 100, connections=32, seconds=3600)
            sent += told.spans
            print(
                f"{sent:>9,} spans: web {resident_mib(web):,.0f} MiB, store {resident_mib(store):,.0f} MiB,"
                f" {told.spans / (told.web_s + told.store_s):,.0f} spans per CPU-second",
                flush=True,
            )


if __name__ == "__main__":
    main()
