"""How much the analysis costs: ``python -m tests.benchmarks.analysis`` runs its stages over a played month.

Each stage runs alone, window by window as a worker runs it, over conversations of the sample's simulator and with the
packaged model of meaning. CPU time is what the kernel charged this process, which stands for the worker, and the store.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tests.benchmarks.installation import Installation, ask, installation, machine, play_month

HEAD: Final = f"{'stage':<26}{'seconds':>9}{'worker CPU':>12}{'store CPU':>11}{'a CPU-second':>26}"


def main() -> None:
    """Play, run each stage, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=2000, help="how many conversations are played (2000)")
    parser.add_argument("--smoke", action="store_true", help="few conversations, to see that it runs")
    asked = parser.parse_args()
    print(machine())
    with installation() as here:
        play_month(here, 60 if asked.smoke else asked.conversations)
        print(HEAD)
        measure(here)


def measure(here: Installation) -> None:
    """Print a line a stage."""
    with spent(here, "load the model"):
        _load()
    traces = [row[0] for row in ask("SELECT trace_id FROM span GROUP BY trace_id ORDER BY min(stored_at), trace_id")]
    stages = _stages()
    with spent(here, "pair", len(traces), "traces"):
        _run(here, stages["pair"], traces)
    with spent(here, "assemble", len(traces), "traces"):
        _run(here, stages["assemble"], traces)
    turns, conversations = ask("SELECT count(), uniqExact(conversation_id) FROM turn FINAL")[0]
    with spent(here, "embed", turns, "turns"):
        _run(here, stages["embed"], traces)
    with _detectors_timed() as detectors:
        for name in ("detect", "compare"):
            with spent(here, name, turns, "turns"):
                _run(here, stages[name], traces)
    with spent(here, "fit, name, assign all", conversations, "conversations"):
        _fit(here.project_id)
    for name in ("assign", "review"):
        with spent(here, name, turns, "turns"):
            _run(here, stages[name], traces)
    for name, seconds in detectors.most_common():
        print(f"  detector {name:<20}{seconds / turns * 1e6:>8.0f} us of CPU a turn")
    print(_made(turns, conversations))


@contextmanager
def spent(here: Installation, what: str, amount: int = 0, unit: str = "") -> Iterator[None]:
    """Print what a piece of work took."""
    wall, worker, store = time.perf_counter(), time.process_time(), here.store.cpu_s
    yield
    wall, worker, store = time.perf_counter() - wall, time.process_time() - worker, here.store.cpu_s - store
    rate = f"{amount / max(0.01, worker + store):,.0f} {unit}" if amount else ""
    print(f"{what:<26}{wall:>9.1f}{worker:>12.1f}{store:>11.1f}{rate:>26}", flush=True)


def _load() -> None:
    from analytics.pipeline.embed import embedder

    embedder().encode(["Where is my parcel?"])


def _stages() -> dict[str, Any]:
    from analytics.pipeline.stages import STAGES

    return {stage.name: stage for stage in STAGES}


def _run(here: Installation, stage: Any, traces: list[str]) -> None:
    """The stage over all traces, in windows of its size; a trace that it passes over ends the benchmark."""
    from analytics.pipeline.step import attempt

    for start in range(0, len(traces), stage.window):
        tally = attempt(stage, here.project_id, traces[start : start + stage.window])
        if tally.failed:
            raise SystemExit(f"{stage.name}: {tally.error}")


@contextmanager
def _detectors_timed() -> Iterator[Counter[str]]:
    """CPU seconds by detector while the stage of detectors runs."""
    from analytics.pipeline import detect

    judge, seconds = detect.judge, Counter[str]()

    def timed(detector: Any, turns: Any) -> Any:
        begun = time.process_time()
        found = judge(detector, turns)
        seconds[detector.name] += time.process_time() - begun  # type: ignore[assignment]  # a Counter of floats
        return found

    detect.judge = timed
    try:
        yield seconds
    finally:
        detect.judge = judge


def _fit(project_id: int) -> None:
    from analytics.pipeline.fit import fit_topics

    fit_topics(project_id, "benchmark")


def _made(turns: int, conversations: int) -> str:
    spans, vectors, flags = (
        ask(f"SELECT count() FROM {table} FINAL")[0][0] for table in ("span_preview", "embedding", "flag")
    )
    topics = ask("SELECT uniqExact(topic_id) FROM topic_assignment FINAL WHERE topic_id > 0")[0][0]
    return (
        f"{spans:,} spans, {turns:,} turns, {conversations:,} conversations became {vectors:,} vectors,"
        f" {topics} topics, {flags:,} flags"
    )


if __name__ == "__main__":
    main()
