"""``manage.py evaluate topics``: every bar of topics with what was measured, beside BERTopic's defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from analytics.embedding import Embedder
from analytics.evaluate import topic_baselines as baselines
from analytics.evaluate import topic_measures as measures
from analytics.evaluate import topic_sets as sets
from analytics.evaluate.topic_sets import Labelled

PARTS: Final = ("right", "honest", "steady", "names", "speed")

_OOS: Final = 0.05
_MUCH: Final = 0.2
_DRAWS: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One measured figure.

    Attributes:
        part: of the report.
        what: was measured.
        value: of it.
        bar: least it must reach, or most where ``at_most``; None where it only informs.
        at_most: whether the bar is a ceiling.
        digits: after the point.
    """

    part: str
    what: str
    value: float
    bar: float | None = None
    at_most: bool = False
    digits: int = 3

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is reached; None without one."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.at_most else self.value >= self.bar

    def __str__(self) -> str:
        bar = "" if self.bar is None else f"{'≤' if self.at_most else '≥'} {self.bar:g}"
        met = {None: "", True: "yes", False: "no"}[self.is_met]
        return f"| {self.part} | {self.what} | {self.value:.{self.digits}f} | {bar} | {met} |"


HEAD: Final = "| part | what | measured | bar | met |\n|---|---|---|---|---|"
_AMI_BARS: Final = {"banking77": 0.81, "clinc150": 0.88}


def lines(data: Path, embedder: Embedder, kept: Path | None, parts: tuple[str, ...] = PARTS) -> Iterator[Line]:
    """Measure part after part.

    Args:
        data: folder of the labelled files; sets that are not there are passed over.
        embedder: that makes the vectors.
        kept: folder where vectors stay for the next run.
        parts: of `PARTS`, which to measure.
    """
    there = {name: part for name in sets.FILES if (part := sets.read(data, name, embedder, kept)) is not None}
    if "right" in parts:
        yield from _right(there)
    if "honest" in parts and "clinc150" in there:
        yield from _honest(there["clinc150"])
    if "steady" in parts and "banking77" in there:
        yield Line("steady", "banking77: ARI between seeds", measures.seeds(there["banking77"]), 0.95)
        yield Line("steady", "banking77: ARI between 80 % samples", measures.subsamples(there["banking77"]), 0.84)
    if "names" in parts:
        for name in ("banking77", "clinc150"):
            if name in there:
                yield from _names(there[name].in_scope(), embedder)
    if "speed" in parts and "banking77" in there:
        texts = list(there["banking77"].texts[:2_000])
        yield Line("speed", "short texts embedded a CPU-second", sets.embedding_rate(texts, embedder), 250, digits=0)


def _right(there: dict[str, Labelled]) -> Iterator[Line]:
    margins = []
    for name, part in there.items():
        known = part.in_scope()
        found = measures.found(known)
        yield Line("right", f"{name}: AMI", found.ami, _AMI_BARS.get(name))
        yield Line("right", f"{name}: AMI of held-back texts", found.ami_held_back)
        yield Line("right", f"{name}: AMI, Other to the nearest topic", found.ami_forced)
        yield Line("right", f"{name}: ARI", found.ari)
        yield Line("right", f"{name}: topics", found.topics, digits=0)
        yield Line("right", f"{name}: topics an intent", found.ratio, 0.5, digits=2)
        yield Line("right", f"{name}: topics an intent (most)", found.ratio, 1.6, at_most=True, digits=2)
        yield Line("right", f"{name}: parents with domains, AMI", found.parents, 0.65 if name == "clinc150" else None)
        yield Line("right", f"{name}: in Other", found.other, 0.05, at_most=True)
        yield Line("right", f"{name}: CPU-seconds of the fit", found.cpu_s, digits=1)
        if baselines.is_there():
            _, labels = baselines.bertopic(known.vectors)
            theirs = measures.ami(known.want, labels)
            margins.append(found.ami_forced - theirs)
            yield Line("right", f"{name}: AMI of BERTopic's defaults, outliers assigned", theirs)
    if margins:
        yield Line("right", "mean AMI above BERTopic's defaults", float(np.mean(margins)), 0.08)


def _honest(part: Labelled) -> Iterator[Line]:
    for share, bars in ((_OOS, (0.66, 0.965, 0.05)), (_MUCH, (None, None, None))):
        drawn = [measures.honest(part.mixed(share, seed)) for seed in range(_DRAWS)]
        title = f"clinc150, {share:.0%} out of scope"
        yield Line("honest", f"{title}: precision of Other", float(np.mean([one.precision for one in drawn])))
        yield Line("honest", f"{title}: recall", float(np.mean([one.recall for one in drawn])))
        yield Line("honest", f"{title}: F1", float(np.mean([one.f1 for one in drawn])), bars[0])
        yield Line("honest", f"{title}: AUROC", float(np.mean([one.auroc for one in drawn])), bars[1])
        clean = float(np.mean([one.clean for one in drawn]))
        yield Line("honest", f"{title}: clean ones in Other", clean, bars[2], at_most=True)


def _names(part: Labelled, embedder: Embedder) -> Iterator[Line]:
    found = measures.naming(part, embedder)
    is_bar = part.name == "banking77"
    yield Line("names", f"{part.name}: title or terms have a word of the intent", found.word, 0.9 if is_bar else None)
    yield Line("names", f"{part.name}: title has one", found.title_word)
    yield Line("names", f"{part.name}: cosine of title and intent", found.cosine, 0.67 if is_bar else None)
    yield Line("names", f"{part.name}: nearest intent is right", found.first)
    yield Line("names", f"{part.name}: unique", found.unique, 1.0)
    yield Line("names", f"{part.name}: CPU-seconds", found.cpu_s, digits=1)
