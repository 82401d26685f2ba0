"""`make test`: all tests, in three parts with a pytest of their own; the last line adds them up as pytest would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.present import chromium, postgres_url, redis_url

_FINE = {0, 5}  # 5: the part holds no tests
# A test that hangs shows where and fails; xdist goes on with the others in a new process.
_HANGS_S = 240
_SAMPLE_S = 1300  # the first browser test waits until the sample is played and analysed, twice `ANALYSED_WITHIN_S`
_NONE = re.compile(r"no tests ran|deselected")
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b")


@dataclass(frozen=True, slots=True)
class Part:
    """One run of pytest."""

    name: str
    arguments: tuple[str, ...]
    hangs_s: int = _HANGS_S
    environ: dict[str, str] = field(default_factory=dict)


def parts(arguments: list[str]) -> list[Part]:
    """What runs here; ``arguments`` go to each pytest."""
    parallel = ("-n", "2", "--dist", "worksteal")
    found = [Part("on SQLite", (*parallel, "-m", "not browser", *arguments))]
    if url := postgres_url():
        # A database of this run's own, so that two runs on one machine do not meet.
        own = f"{url.rpartition('/')[0]}/assay_{os.getpid()}"
        found.append(
            Part(
                "on PostgreSQL", (*parallel, "-m", "not browser", *arguments), environ={"ASSAY_TEST_DATABASE_URL": own}
            )
        )
    if chromium():
        found.append(Part("in Chromium", ("-n", "1", "-m", "browser", *arguments), _SAMPLE_S))
    return found


def main(arguments: list[str]) -> int:
    """Run all parts, also after one has failed, and return 1 where one did."""
    started = time.monotonic()
    results = [(part, *_run(part)) for part in parts(arguments)]
    left_out = [name for name, look in (("PostgreSQL", postgres_url), ("Chromium", chromium)) if not look()]
    print()
    for name in left_out:
        print(f"left out: {name} is missing")
    for part, _, summary in results:
        print(f"{part.name:<14} {summary}")
    print(added_up([summary for _, _, summary in results], time.monotonic() - started))
    return int(any(code not in _FINE for _, code, _ in results) or (bool(left_out) and os.environ.get("CI") == "true"))


def added_up(summaries: list[str], seconds: float) -> str:
    """One summary line of many.

    >>> added_up(["2 failed, 8 passed in 1.20s", "1 passed, 3 skipped in 0.10s"], 1.5)
    '=== 2 failed, 9 passed, 3 skipped in 1.50s ==='
    """
    counts: Counter[str] = Counter()
    for summary in summaries:
        for number, word in _COUNT.findall(summary):
            counts["errors" if word == "error" else word] += int(number)
    order = ("failed", "errors", "passed", "skipped", "xfailed", "xpassed")
    words = ", ".join(f"{counts[word]} {word}" for word in order if counts[word])
    return f"=== {words or 'no tests ran'} in {seconds:.2f}s ==="


def _ends(seconds: int) -> tuple[str, ...]:
    return "-o", f"faulthandler_timeout={seconds}", "-o", "faulthandler_exit_on_timeout=true"


def _run(part: Part) -> tuple[int, str]:
    print(f"\n== tests {part.name}", flush=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *_ends(part.hangs_s), *part.arguments],
        env={**os.environ, **({"ASSAY_TEST_REDIS_URL": redis_url()} if redis_url() else {}), **part.environ},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    summary = "no summary"
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        if re.search(r"\bin \d+(\.\d+)?s\b", line) and (_COUNT.search(line) or _NONE.search(line)):
            summary = re.sub(r"\x1b\[[0-9;]*m", "", line).strip(" =\n")
    return process.wait(), summary


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
