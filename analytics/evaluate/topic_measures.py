"""How good topics are, measured on labelled texts: right, honest, steady and well named."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.embedding import Embedder
from analytics.evaluate.measures import auroc
from analytics.evaluate.topic_sets import Labelled
from analytics.topics.assign import assign
from analytics.topics.fit import fit
from analytics.topics.names import name_topics
from analytics.topics.phrases import phrases


@dataclass(frozen=True, slots=True)
class Found:
    """What one fit found in a set; AMI and ARI are with the intents, 1 is equal and 0 is chance.

    Attributes:
        ami: every text counted, Other as one more topic.
        ami_forced: every text in the topic nearest to it, so that methods compare whatever they leave out.
        ari: as ``ami``.
        topics: how many.
        ratio: topics for each intent.
        parents: AMI of the broader topics with the domains; nan where there are none.
        other: share without a topic.
        unsure: share with a topic that is a guess.
        ami_held_back: as ``ami``, of the held-back texts alone.
        cpu_s: of the fit.
    """

    ami: float
    ami_forced: float
    ari: float
    topics: int
    ratio: float
    parents: float
    other: float
    unsure: float
    ami_held_back: float
    cpu_s: float


def found(part: Labelled) -> Found:
    """Fit topics in a set and hold them against its intents."""
    started = time.process_time()
    model = fit(part.vectors, texts=part.texts)
    spent = time.process_time() - started
    got = assign(model, part.vectors)
    placed = got.topic >= 0
    above = np.where(placed, model.parents[got.topic], -1)
    kept = part.held_back
    return Found(
        ami=ami(part.want, got.topic),
        ami_forced=ami(part.want, got.nearest),
        ari=ari(part.want, got.topic),
        topics=len(model),
        ratio=len(model) / len(set(part.want)),
        parents=ami(part.domain, above) if len(set(part.domain)) > 1 else float("nan"),
        other=float((~placed).mean()),
        unsure=sum(state == "low_confidence" for state in got.state) / len(part),
        ami_held_back=ami(part.want[kept], got.topic[kept]),
        cpu_s=spent,
    )


@dataclass(frozen=True, slots=True)
class Honest:
    """Whether Other holds what belongs there.

    Attributes:
        share: of texts that are out of scope.
        precision: of Other.
        recall: of what is out of scope.
        f1: of both.
        auroc: chance that a text out of scope has a lower strength than one in scope.
        clean: share of texts in scope that are in Other.
    """

    share: float
    precision: float
    recall: float
    f1: float
    auroc: float
    clean: float


def honest(part: Labelled) -> Honest:
    """Fit topics where some texts are out of scope, and see what Other holds."""
    got = assign(fit(part.vectors, texts=part.texts), part.vectors)
    flagged, strange = got.topic < 0, part.strange
    hits = int((flagged & strange).sum())
    return Honest(
        share=float(strange.mean()),
        precision=hits / max(1, int(flagged.sum())),
        recall=hits / max(1, int(strange.sum())),
        f1=2 * hits / max(1, int(flagged.sum()) + int(strange.sum())),
        auroc=auroc((-got.score[strange]).tolist(), (-got.score[~strange]).tolist()).value,
        clean=float(flagged[~strange].mean()),
    )


def seeds(part: Labelled, runs: int = 3) -> float:
    """Mean ARI between fits that differ in nothing but the seed."""
    labels = [assign(fit(part.vectors, texts=part.texts, seed=seed), part.vectors).topic for seed in range(1, runs + 1)]
    return float(np.mean([ari(a, b) for i, a in enumerate(labels) for b in labels[i + 1 :]]))


def subsamples(part: Labelled, runs: int = 3) -> float:
    """Mean ARI, on the texts they share, between fits of two random samples of 80 %."""
    dice = np.random.default_rng(1)
    halves = []
    for seed in range(runs):
        rows = np.sort(dice.permutation(len(part))[: int(0.8 * len(part))])
        sample = part.take(rows)
        got = assign(fit(sample.vectors, texts=sample.texts, seed=seed), sample.vectors).topic
        halves.append(dict(zip(rows.tolist(), got.tolist(), strict=True)))
    return float(np.mean([_agreement(a, b) for i, a in enumerate(halves) for b in halves[i + 1 :]]))


def _agreement(one: dict[int, int], other: dict[int, int]) -> float:
    both = sorted(one.keys() & other.keys())
    return ari([one[row] for row in both], [other[row] for row in both])


@dataclass(frozen=True, slots=True)
class Naming:
    """How near names are to those of the intents most of a topic has.

    Attributes:
        word: share of topics whose title and terms have a word of the intent's name, by stem.
        title_word: share whose title alone has one.
        cosine: of title and name of the intent, mean.
        first: share whose title is nearer to the right intent's name than to any other of the set.
        unique: share of titles that no other topic has.
        names: title, terms and intent of each topic.
        cpu_s: of naming all.
    """

    word: float
    title_word: float
    cosine: float
    first: float
    unique: float
    names: tuple[tuple[str, tuple[str, ...], str], ...]
    cpu_s: float


def naming(part: Labelled, embedder: Embedder) -> Naming:
    """Name the topics of a set and hold the names against those of its intents."""
    model = fit(part.vectors, texts=part.texts)
    topic = assign(model, part.vectors).topic
    started = time.process_time()
    named = name_topics(part.texts, topic, part.vectors, embedder, parents=model.parents).topics
    spent = time.process_time() - started
    wants = sorted(set(part.want.tolist()))
    words = [one.replace("_", " ").replace("/", " ") for one in wants]
    likeness = embedder.encode([name.title for name in named]) @ embedder.encode(words).T
    true = [wants.index(most_common(part.want[topic == index])) for index in range(len(named))]
    titles = [name.title.lower() for name in named]
    pairs = [(name, words[index]) for name, index in zip(named, true, strict=True)]
    return Naming(
        word=float(np.mean([_share(" . ".join((one.title, *one.keywords)), word) for one, word in pairs])),
        title_word=float(np.mean([_share(one.title, word) for one, word in pairs])),
        cosine=float(np.mean(likeness[np.arange(len(true)), true])),
        first=float(np.mean(likeness.argmax(axis=1) == np.array(true))),
        unique=len(set(titles)) / len(titles),
        names=tuple((one.title, one.keywords, word) for one, word in pairs),
        cpu_s=spent,
    )


def most_common(labels: NDArray[Any]) -> str:
    """Give the label most rows have; of several the first by name."""
    values, counts = np.unique(labels, return_counts=True)
    return str(values[counts.argmax()]) if len(values) else ""


def ami(truth: Any, labels: Any) -> float:
    """Adjusted mutual information. Source: Vinh, Epps and Bailey (2010), JMLR 11:2837."""
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(truth, labels))


def ari(truth: Any, labels: Any) -> float:
    """Adjusted Rand index. Source: Hubert and Arabie (1985), J. Classification 2:193."""
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(truth, labels))


def _share(name: str, want: str) -> bool:
    return bool(_stems(name) & _stems(want))


def _stems(text: str) -> set[str]:
    """Words that mean something by their first five letters: "activating" and "activate" are one."""
    return {word[:5] for phrase in phrases(text) for word in phrase.split()}
