"""Measure what ten re-fits do to topics while traffic drifts: which ids stay, who changes topic, what people decided.

Run: ``python -m tests.evaluations.refits [--vectors FOLDER] [--plain]``. Messages of a set arrive one after another; a
window of them moves. Between two fits a fifth of the window is new, two intents appear, two disappear, the mix of the
others is drawn anew around the last one, and one message in fifty is out of scope (of CLINC150's, also for BANKING77).
After the first fit people merge two topics, split one, pin one, move twenty conversations and name one.
``--plain`` measures matching alone, as it was before new fits followed old ones.

The margins of ``analytics/topics/keep.py`` were chosen on the first half of CLINC150's intents; the second half and
BANKING77 are what is reported.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score as ami

from analytics.topics import keep as following
from analytics.topics.assign import assign
from analytics.topics.decisions import Decision, Merge, Move, Split, project
from analytics.topics.fit import fit
from analytics.topics.model import TopicModel
from analytics.topics.parts import parts_of
from tests.evaluations.shared import folder
from tests.evaluations.topics import SETS, Part, read

FITS, STEP, STEPS_IN_WINDOW = 11, 500, 5
EXISTS = 15
"""Messages that a want has in the window where its topic still exists."""


@dataclass
class Topics:
    """Topics of one fit under numbers that last, and what people decided."""

    model: TopicModel
    numbers: list[int]
    next: int
    decisions: list[Decision] = field(default_factory=list)
    held: set[int] = field(default_factory=set)

    def labels(self, part: Part, rows: Any) -> Any:
        """Number of each message's topic."""
        found = np.array([*self.numbers, 0])[assign(self.model, part.vectors[rows]).topic]
        return project(self.decisions, found, part.vectors[rows], [str(row) for row in rows])


def windows(part: Part, strange: Part, seed: int) -> Iterator[tuple[Any, Any]]:
    """Rows of ``part`` in each window; rows from ``len(part)`` on are of ``strange``."""
    dice = np.random.default_rng(seed)
    intents = dice.permutation(np.unique(part.intent))
    waiting, alive = list(intents[: len(intents) // 3]), list(intents[len(intents) // 3 :])
    stock = {one: list(dice.permutation(np.flatnonzero(part.intent == one))) for one in intents}
    other = list(dice.permutation(len(strange.texts)) + len(part.texts))
    mix = {one: float(dice.lognormal(0, 0.5)) for one in intents}
    steps: list[list[int]] = []
    for step in range(FITS + STEPS_IN_WINDOW - 1):
        if step >= STEPS_IN_WINDOW:
            gone = dice.choice(len(alive), 2, replace=False)
            waiting += [alive[at] for at in gone]
            alive = [one for at, one in enumerate(alive) if at not in gone] + [waiting.pop(0), waiting.pop(0)]
        mix = {one: share * float(dice.lognormal(0, 0.2)) for one, share in mix.items()}
        arrived = [other.pop() for _ in range(STEP // 50) if other]
        while len(arrived) < STEP:
            there = [one for one in alive if stock[one]]
            weight = np.array([mix[one] for one in there])
            one = there[dice.choice(len(there), p=weight / weight.sum())]
            arrived.append(int(stock[one].pop()))
        steps.append(arrived)
        if len(steps) >= STEPS_IN_WINDOW:
            yield len(steps) - STEPS_IN_WINDOW, np.sort(np.concatenate(steps[-STEPS_IN_WINDOW:]))


def refit(before: Topics, vectors: Any, plain: bool) -> Topics:
    """Fit a window and give topics the numbers of the ones before, as the pipeline does."""
    new = fit(vectors)
    known = following.Before.by(before.model, vectors)
    if plain:
        found = following.matched(known, assign(new, vectors).topic, new)
    else:
        held = [index for index, number in enumerate(before.numbers) if number in before.held]
        kept = following.keep(known, new, vectors, held)
        new, found = kept.model, kept.lineage
    numbers, following_number = [], before.next
    for one in found.topics:
        if one.old is None:
            numbers.append(following_number)
            following_number += 1
        else:
            numbers.append(before.numbers[one.old])
    return Topics(new, numbers, following_number, before.decisions, before.held)


@dataclass
class Promise:
    """What people decided: numbers of topics, and what was moved."""

    merged: int
    gone: int
    parts: tuple[int, int]
    wants: tuple[Any, Any]
    pinned: int
    named: int
    into: int
    moved: list[int]


def decide(topics: Topics, part: Part, rows: Any) -> Promise:
    """Merge, split, pin, move and name, in topics of the first fit that are large."""
    labels = topics.labels(part, rows)
    numbers, counts = np.unique(labels[labels > 0], return_counts=True)
    order = [int(one) for one in numbers[np.argsort(-counts, kind="stable")]]
    mixed = max(order[:40], key=lambda one: _second(part.intent[rows[labels == one]]))
    target, gone, pinned, into, named, source = [one for one in order if one != mixed][3:21:3]
    topics.decisions.append(Merge(gone, target))
    inside = rows[labels == mixed]
    parts = parts_of(part.vectors[inside], 2)
    children = (mixed, topics.next)
    topics.next += 1
    topics.decisions.append(Split(mixed, children, parts.prototypes))
    moved = rows[labels == source][:20]
    topics.decisions.append(Move(into, frozenset(map(str, moved)), frozenset({source}), part.vectors[moved]))
    topics.held |= {target, gone, pinned, into, named, mixed, source}
    first, second = (_most(part.intent[inside[parts.part == one]]) for one in range(2))
    return Promise(target, gone, children, (first, second), pinned, named, into, [int(row) for row in moved])


def _second(intents: Any) -> float:
    """How large the second want of a topic is."""
    counts = np.sort(np.unique(intents, return_counts=True)[1])
    return float(counts[-2] / counts.sum()) if len(counts) > 1 else 0.0


def _most(intents: Any) -> Any:
    values, counts = np.unique(intents, return_counts=True)
    return values[counts.argmax()]


def survived(promise: Promise, topics: Topics, intent: Any, rows: Any, labels: Any) -> dict[str, float]:
    """Whether what was decided holds: shares of messages, or 1 and 0; nan where no message can tell."""
    first, second = ((intent == want) & np.isin(labels, promise.parts) for want in promise.wants)
    told = [
        float(np.mean(labels[one] == number))
        for one, number in zip((first, second), promise.parts, strict=True)
        if one.any()
    ]
    in_window = np.isin(rows, promise.moved)
    alive = set(topics.numbers) | set(promise.parts[1:])
    return {
        "merged": float(promise.merged in alive and promise.gone not in labels),
        "split": float(set(promise.parts) <= alive),
        "wants told apart": float(np.mean(told)) if told and promise.wants[0] != promise.wants[1] else np.nan,
        "pinned": float(promise.pinned in alive),
        "named": float(promise.named in alive),
        "moved": float(np.mean(labels[in_window] == promise.into)) if in_window.any() else np.nan,
    }


def run(part: Part, strange: Part, seed: int, plain: bool) -> dict[str, float]:
    """Ten re-fits over one stream; means of what is promised."""
    whole = Part(
        part.texts + strange.texts,
        np.concatenate([part.vectors, strange.vectors]),
        np.concatenate([part.intent.astype(object), np.full(len(strange.texts), "strange")]),
        np.concatenate([part.domain, strange.domain]),
        np.concatenate([part.strange, strange.strange]),
    )
    kept = exist = changed = shared = theirs = left = 0
    quality, cold, promises, grown = [], [], [], []
    topics, promise, last_rows, last = None, None, None, None
    for _, rows in windows(part, strange, seed):
        if topics is None:
            model = fit(whole.vectors[rows])
            topics = Topics(model, list(range(1, len(model) + 1)), len(model) + 1)
            if not plain:
                promise = decide(topics, whole, rows)
            last_rows, last = rows, topics.labels(whole, rows)
            continue
        topics = refit(topics, whole.vectors[rows], plain)
        labels = topics.labels(whole, rows)
        both = np.intersect1d(rows, last_rows)
        was, now = last[np.isin(last_rows, both)], labels[np.isin(rows, both)]
        changed, shared = changed + int((was != now).sum()), shared + len(both)
        for number in np.unique(last[last > 0]):
            want = _most(whole.intent[last_rows[last == number]])
            if (whole.intent[rows] == want).sum() < EXISTS or (was == number).sum() < 3:
                continue
            exist += 1
            kept += int((now[was == number] == number).mean() >= 0.5)
        quality.append(ami(whole.intent[rows], labels))
        cold.append(ami(whole.intent[rows], assign(fit(whole.vectors[rows]), whole.vectors[rows]).topic))
        grown.append(len(np.unique(labels[labels > 0])) / len(np.unique(whole.intent[rows])))
        if promise:
            promises.append(survived(promise, topics, whole.intent[rows], rows, labels))
            numbers = (promise.merged, *promise.parts, promise.pinned, promise.named)
            theirs, left = (
                theirs + int(np.isin(was, numbers).sum()),
                left + int((np.isin(was, numbers) & (was != now)).sum()),
            )
        last_rows, last = rows, labels
    told = {"ids kept": kept / exist, "changed": changed / shared, "AMI": np.mean(quality), "AMI cold": np.mean(cold)}
    told |= {"topics an intent": float(grown[-1])}
    if promises:
        told["left a topic decided about"] = left / max(1, theirs)
    for name in promises[0] if promises else ():
        found = [one[name] for one in promises if one[name] == one[name]]
        told[name] = float(np.mean(found)) if found else np.nan
    return {name: float(value) for name, value in told.items()}


def main() -> None:
    """Print a line a stream."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path, help="folder where vectors are kept for the next run")
    parser.add_argument("--plain", action="store_true", help="matching alone")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", default="", help="first, second or banking")
    asked = parser.parse_args()
    data = folder()
    if data is None:
        return
    with tempfile.TemporaryDirectory() as made:
        kept = asked.vectors or Path(made)
        clinc, banking = read(data, SETS["CLINC150"], kept), read(data, SETS["BANKING77"], kept)
    odd = clinc.take(np.flatnonzero(clinc.strange))
    clinc = clinc.take(np.flatnonzero(~clinc.strange.astype(bool)))
    intents = np.unique(clinc.intent)
    halves = [clinc.take(np.flatnonzero(np.isin(clinc.intent, intents[at::2]))) for at in (0, 1)]
    streams = {"first": (halves[0], odd), "second": (halves[1], odd), "banking": (banking, odd)}
    for name, (part, strange) in streams.items():
        if asked.only and name != asked.only:
            continue
        for seed in range(asked.seeds):
            found = run(part, strange, seed, asked.plain)
            print(name, seed, {key: round(value, 3) for key, value in found.items()}, flush=True)


if __name__ == "__main__":
    main()
