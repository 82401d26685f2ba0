"""How fast topics are found: ``python -m tests.benchmarks.topics`` prints every bar of speed with what was measured.

Text to named topics is one run of ``manage.py analyze --only topics`` in a process of its own, over short messages put
together from those of the labelled sets, or from the sample shop's where these are not there. Clustering and bulk
assignment are measured on vectors about invented centres, so that a million take no hour to embed. CPU time is the
figure to compare; time by the clock is an upper bound on a busy machine.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.installation import ROOT, machine

HEAD: Final = "| what | measured | bar |\n|---|--:|--:|"
_SETS: Final = ("topics_banking77_train", "topics_clinc150_trainval", "topics_multidogo_dev")
_OPENINGS: Final = (
    "", "hello there, ", "good morning, ", "quick question: ", "hi, it is about my account. ", "sorry to bother you, ",
    "as I wrote yesterday, ", "my brother told me to ask: ",
)  # fmt: skip
_DIMENSIONS: Final = 384
_AT_ONCE: Final = 2_000
_SAMPLE: Final = 20_000


def main() -> None:
    """Measure part after part and print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the labelled sets")
    parser.add_argument("--texts", type=int, default=100_000, help="messages from text to named topics (100,000)")
    parser.add_argument("--vectors", type=int, default=1_000_000, help="invented vectors that are assigned (1,000,000)")
    parser.add_argument("--sample", type=int, default=_SAMPLE, help="of these, how many topics are found in (20,000)")
    parser.add_argument("--smoke", action="store_true", help="few of all, to see that it runs")
    asked = parser.parse_args()
    if asked.smoke:
        asked.texts, asked.vectors, asked.sample = 200, 4_000, 1_000
    print(machine(), HEAD, sep="\n")
    texts = list(itertools.islice(messages(asked.data), asked.texts))
    embedding(texts[:2_000])
    whole(texts)
    many(asked.vectors, asked.sample)


def line(what: str, value: str, bar: str = "") -> None:
    """Print one figure."""
    print(f"| {what} | {value} | {bar} |", flush=True)


def messages(data: Path | None) -> Iterator[str]:
    """Different short messages, without end."""
    known = list(dict.fromkeys(_labelled(data) if data else _invented()))
    for round_, opening in enumerate(itertools.chain(_OPENINGS, itertools.repeat("again: "))):
        for text in known:
            yield f"{opening}{text}" if round_ < len(_OPENINGS) else f"{opening}{text} {round_}"


def _labelled(data: Path) -> Iterator[str]:
    for name in _SETS:
        with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            yield from (json.loads(one)["text"] for one in lines)


def _invented() -> Iterator[str]:
    from datetime import UTC, datetime

    from ingest.sample.plan import plan

    for conversation in plan(1, datetime.now(UTC), 2_000):
        yield from (turn.ask for turn in conversation.turns if turn.ask.strip())


def embedding(texts: list[str]) -> None:
    """Texts a CPU-second, and one conversation from its text to its topic."""
    from analytics.embedding import load
    from analytics.topics.assign import assign
    from analytics.topics.fit import fit

    embedder = load("minilm")
    embedder.encode(texts[:64])
    started = time.process_time()
    vectors = embedder.encode(texts)
    line("short texts embedded a core-second", f"{len(texts) / (time.process_time() - started):,.0f}", "≥ 250")
    model = fit(vectors, texts=texts)
    taken, worked = [], []
    for text in texts[:100]:
        begun, spent = time.perf_counter(), time.process_time()
        assign(model, embedder.encode([f"{text} please"]))
        taken.append(time.perf_counter() - begun)
        worked.append(time.process_time() - spent)
    by_clock, by_cpu = (1e3 * float(np.quantile(one, 0.95)) for one in (taken, worked))
    line("one new conversation, embedded and assigned, p95", f"{by_clock:.0f} ms ({by_cpu:.0f} of CPU)", "≤ 100 ms")


def whole(texts: list[str]) -> None:
    """From a file of texts to named topics, as a process of its own."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        file = Path(folder) / "texts.jsonl"
        with file.open("w", encoding="utf-8") as out:
            for number, text in enumerate(texts):
                out.write(json.dumps({"id": str(number), "kind": "text", "text": text}) + "\n")
        environ = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
        command = [sys.executable, "manage.py", "analyze", str(file), "--out", f"{folder}/out", "--only", "topics"]
        begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            command, cwd=ROOT, env=environ | {"OMP_NUM_THREADS": "2"}, check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        taken, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        topics = (Path(folder) / "out/topics.jsonl").read_text(encoding="utf-8").count('"level"')
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    line(f"{len(texts):,} texts to {topics} named topics and groups, by the clock", f"{taken:,.0f} s", "≤ 600 s")
    line("the same, CPU", f"{spent:,.0f} s")
    line("the same, most memory", f"{after.ru_maxrss / 2**20:.2f} GiB", "≤ 1.5 GiB")


def many(count: int, sample: int) -> None:
    """Find topics in a sample of invented vectors and assign all of them."""
    from analytics.topics.assign import assign
    from analytics.topics.fit import fit

    with tempfile.TemporaryFile() as file:
        for part in _vectors(count):
            file.write(part.astype(np.float16).tobytes())
        file.flush()
        stored = np.memmap(file, np.float16, "r", shape=(count, _DIMENSIONS))
        rows = np.sort(np.random.default_rng(0).permutation(count)[:sample])
        started = time.process_time()
        model = fit(np.asarray(stored[rows], dtype=np.float32))
        fitted = time.process_time() - started
        line(f"{len(model)} topics found in {len(rows):,} vectors, CPU", f"{fitted:.1f} s")
        started, placed = time.process_time(), 0
        for begin in range(0, count, _AT_ONCE):
            found = assign(model, np.asarray(stored[begin : begin + _AT_ONCE], dtype=np.float32))
            placed += int((found.topic >= 0).sum())
    spent = time.process_time() - started
    line(f"{count:,} vectors assigned a core-second", f"{count / spent:,.0f}", "≥ 3,000")
    line("found, and 100,000 assigned, CPU", f"{fitted + spent * 100_000 / count:.1f} s", "≤ 30 s")
    line("of them in a topic", f"{placed / count:.1%}")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line("most memory of this process, the model of meaning with it", f"{most:.2f} GiB", "≤ 1.5 GiB")


def _vectors(count: int) -> Iterator[NDArray[Any]]:
    """Unit vectors about 150 invented wants of 12 fields, of unlike sizes, as far apart as those of real messages."""
    dice = np.random.default_rng(7)
    fields = dice.normal(size=(12, _DIMENSIONS))
    wants = fields[dice.integers(0, 12, 150)] + dice.normal(size=(150, _DIMENSIONS))
    shares = 1 / np.arange(1, 151) ** 0.7
    for begin in range(0, count, _AT_ONCE):
        size = min(_AT_ONCE, count - begin)
        chosen = dice.choice(150, size, p=shares / shares.sum())
        rows = wants[chosen] + dice.normal(scale=1.4, size=(size, _DIMENSIONS)) + 0.6
        yield rows / np.linalg.norm(rows, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
