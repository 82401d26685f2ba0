"""Measure how new wants are announced: how many of ten, how late, how many announcements are wrong, and on no change.

Run: ``python -m tests.evaluations.emerging [--vectors FOLDER] [--only first,second,banking]``. Ten intents are held
back; topics are fitted on half of the other messages, the other half is the stream. The ten join it after a fifth of
it. Every two hundred messages there is a look. Streams without change hold no new intent. Thresholds were chosen on the
first half of CLINC150's intents; its second half and BANKING77 are what is reported.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from analytics.topics import emerging
from analytics.topics.fit import fit
from tests.evaluations.shared import folder
from tests.evaluations.topics import SETS, Part, read

HELD, EVERY, LATE = 10, 200, 0.2
OF_EACH = 75
"""Messages of a held-back intent that join the stream: as many as the others have there."""


def stream_of(part: Part, seed: int, change: bool) -> tuple[Any, Any, list[Any]]:
    """Rows of the reference, rows of the stream in order, and the held-back intents."""
    dice = np.random.default_rng(seed)
    intents = dice.permutation(np.unique(part.intent))
    held = list(intents[:HELD]) if change else []
    old = dice.permutation(np.flatnonzero(~np.isin(part.intent, held)))
    reference, rest = old[: len(old) // 2], old[len(old) // 2 :]
    start = int(LATE * len(rest))
    new = [dice.permutation(np.flatnonzero(part.intent == one))[:OF_EACH] for one in held]
    late = dice.permutation(np.concatenate([rest[start:], *new])) if new else rest[start:]
    return reference, np.concatenate([rest[:start], late]), held


def run(part: Part, seed: int, change: bool, clusterer: emerging.Clusterer, refit: bool = False) -> dict[str, Any]:
    """One stream: who was announced, after how many of its messages, and how many announcements were wrong.

    With ``refit`` topics are found anew in the middle of it. What was found again is merged as the product does:
    ``merged`` counts what that spared, ``mixed`` what went into the announcement of another want, ``again`` what it
    did not see.
    """
    reference, rows, held = stream_of(part, seed, change)
    model = fit(part.vectors[reference], seed=seed)
    known: list[tuple[Any, float]] = []
    told: list[tuple[Any, Any]] = []
    delays: dict[Any, int] = {}
    wrong = again = merged = mixed = start = 0
    spent = time.process_time()
    for end in range(EVERY, len(rows) + 1, EVERY):
        if refit and end - EVERY <= len(rows) // 2 < end:
            start, known = end - EVERY, []
            model = fit(part.vectors[np.concatenate([reference, rows[:start]])], seed=seed)
        seen, look = rows[start:end], (end - start) // EVERY
        found = emerging.find(model, part.vectors[seen], [str(row) for row in seen], look, known, clusterer)
        for one in found:
            known.append((one.centre, one.radius))
            intents, counts = np.unique(part.intent[seen[one.rows]], return_counts=True)
            want, share = intents[counts.argmax()], counts.max() / counts.sum()
            meant = emerging.meaning(part.vectors[seen[one.rows]])
            same = emerging.announced_as(meant, [meaning for _, meaning in told])
            if same is not None:
                merged += 1
                mixed += told[same][0] != want
                continue
            told.append((want, meant))
            if want not in held or share < 0.5:
                wrong += 1
            elif want in delays:
                again += 1
            else:
                delays[want] = int((part.intent[rows[:end]] == want).sum())
    looks = len(rows) // EVERY
    return {
        "announced": len(delays), "wrong": wrong, "again": again, "merged": merged, "mixed": mixed, "looks": looks,
        "delays": sorted(delays.values()), "seconds a look": round((time.process_time() - spent) / looks, 2),
    }  # fmt: skip


def main() -> None:
    """Print each stream and the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path, help="folder where vectors are kept for the next run")
    parser.add_argument("--only", default="first,second,banking")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--calm", type=int, default=10, help="streams without change")
    parser.add_argument("--refit", action="store_true", help="find topics anew in the middle of each stream")
    parser.add_argument("--clusterer", default="hdbscan", choices=["hdbscan", "leiden"])
    asked = parser.parse_args()
    data = folder()
    if data is None:
        return
    with tempfile.TemporaryDirectory() as made:
        kept = asked.vectors or Path(made)
        clinc, banking = read(data, SETS["CLINC150"], kept), read(data, SETS["BANKING77"], kept)
    clinc = clinc.take(np.flatnonzero(~clinc.strange.astype(bool)))
    intents = np.unique(clinc.intent)
    halves = [clinc.take(np.flatnonzero(np.isin(clinc.intent, intents[at::2]))) for at in (0, 1)]
    parts = {"first": halves[0], "second": halves[1], "banking": banking}
    for name in asked.only.split(","):
        told = []
        for seed in range(asked.seeds):
            told.append(run(parts[name], seed, True, asked.clusterer, asked.refit))
            print(name, seed, told[-1], flush=True)
        delays = [one for found in told for one in found["delays"]]
        right, wrong = len(delays), sum(found["wrong"] for found in told)
        calm = [run(parts[name], 100 + seed, False, asked.clusterer)["wrong"] for seed in range(asked.calm)]
        print(
            f"{name}: {right / max(1, len(told)):.1f} of {HELD}, precision {right / max(1, right + wrong):.2f},"
            f" median delay {np.median(delays) if delays else float('nan'):.0f};"
            f" without change {sum(calm)} announced in {len(calm)} streams",
            flush=True,
        )


if __name__ == "__main__":
    main()
