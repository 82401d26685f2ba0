"""What it costs to find calls that two spans tell and that came apart: ``python -m tests.benchmarks.apart``.

Two kinds of traffic are stored as at a steady 1,000 spans a second, with hundreds of calls at once that all have the
same totals, which is the worst there is: calls of one instrumentation, each the root of its trace, and chains of
LangChain whose calls OpenAI's instrumentation tells again in traces of their own. Then the stage ``pair`` runs over
them window by window, and once more, as it does when rows have settled. CPU is that of this process, which stands for
the worker, and of the store.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks.analysis import spent
from tests.benchmarks.installation import Installation, ask, installation, machine

if TYPE_CHECKING:
    from backend.telemetry.span import Span

_MS: Final = 10**6
_CALL_MS: Final = 2000
_BLOCK: Final = 1000


def main() -> None:
    """Store, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000, help="of each kind of traffic (20000)")
    asked = parser.parse_args()
    print(machine())
    with installation() as here:
        start = time.time_ns() - 3600 * 10**9
        _measure(here, "one instrumentation", list(_alone(asked.calls, start)))
        _measure(here, "two instrumentations", list(_chains(asked.calls, start + 1800 * 10**9)))


def _measure(here: Installation, kind: str, told: list[Span]) -> None:
    from backend.store.connection import store
    from backend.store.rows import insert_block, span_rows

    print(f"{kind}: {len(told):,} spans")
    for first in range(0, len(told), _BLOCK):
        insert_block(store(), [span_rows(here.project_id, told[first : first + _BLOCK])])
    traces = list(dict.fromkeys(span.trace_id for span in told))
    for place in ("  first", "  again"):
        with spent(here, place, len(traces), "traces"):
            aside = _run(here.project_id, traces)
        print(f"  set aside {aside:,}")
    within = {"first": min(span.start_time for span in told), "last": max(span.start_time for span in told)}
    counting = ask(
        "SELECT count() FROM span_preview FINAL WHERE operation = 'chat' AND start_time BETWEEN"
        " fromUnixTimestamp64Nano({first}) AND fromUnixTimestamp64Nano({last})".format(**within)
    )[0][0]
    print(f"  calls that count: {counting:,}")


def _run(project_id: int, traces: list[str]) -> int:
    from analytics.pipeline.pair import Pair

    stage = Pair()
    windows = range(0, len(traces), stage.window)
    return sum(stage.run(project_id, traces[first : first + stage.window])["set_aside"] for first in windows)


def _alone(calls: int, start: int) -> Iterator[Span]:
    """A call a trace, a thousand a second."""
    for number in range(calls):
        yield _call(f"a{number:031x}", "1", number, start + number * _MS, _CALL_MS, "openinference.openai")


def _chains(calls: int, start: int) -> Iterator[Span]:
    """Three spans a call, a thousand a second: what ends first comes first."""
    for number in range(calls):
        begun, trace = start + number * 3 * _MS, f"c{number:031x}"
        yield _call(f"b{number:031x}", "1", number, begun + 2 * _MS, _CALL_MS - 4, "openinference.openai")
        yield _call(trace, "2", number, begun + _MS, _CALL_MS - 2, "openinference.langchain", above="1")
        yield _call(trace, "1", number, begun, _CALL_MS, "openinference.langchain", operation="invoke_workflow")


def _call(
    trace: str, name: str, number: int, start: int, took_ms: int, scope: str, above: str = "", **told: Any
) -> Span:
    from backend.telemetry.span import Span

    if above:
        told["parent_span_id"] = f"{trace[0]}{trace[-14:]}{above}"
    given: dict[str, Any] = {"operation": "chat", "uncached_input_tokens": 120, "visible_output_tokens": 1} | told
    return Span(
        trace_id=trace,
        span_id=f"{trace[0]}{trace[-14:]}{name}",
        name="call",
        start_time=start,
        end_time=start + took_ms * _MS,
        request_model="gpt-4o-mini",
        input_text=f"Is this ticket {number} urgent? {'It was opened in the shop. ' * 20}",
        output_text="No",
        scope_name=scope,
        service_name="shop",
        **given,
    )


if __name__ == "__main__":
    main()
