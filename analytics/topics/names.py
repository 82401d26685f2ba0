"""Names for topics, from people's own words and without a language model."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.embedding.base import Embedder
from analytics.topics import phrases
from analytics.topics.phrases import Phrase, sentence_case
from analytics.topics.space import Vectors, unit

CENTRAL = 200
"""Messages of a topic that are read for phrases: the ones nearest to its centre."""

_SAID = 0.1  # how much it counts that many say it, in cosine
_BRIEF = 0.04  # how much a single word loses: it is clear less often
_RELEVANCE = 0.6  # of maximal marginal relevance; the rest is for being unlike what was taken


@dataclass(frozen=True, slots=True)
class TopicName:
    """How a topic is called.

    Attributes:
        title: a phrase people use, in sentence case; unique among its level.
        keywords: up to three further phrases.
        representatives: rows of the messages nearest to the centre, nearest first, no two alike.
    """

    title: str
    keywords: tuple[str, ...]
    representatives: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of both levels, by topic index and by parent index."""

    topics: list[TopicName]
    parents: list[TopicName]


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """A topic or parent: its rows from the centre outwards, its centre and the phrases that may name it."""

    rows: NDArray[np.int64]
    centre: Vectors
    candidates: list[Phrase]


def name_topics(
    texts: Sequence[str],
    topic: NDArray[Any],
    vectors: NDArray[Any],
    embedder: Embedder,
    *,
    parents: NDArray[Any],
    users: Sequence[str] | None = None,
    ignore: Collection[str] = (),
) -> Names:
    """Name topics and their parents.

    The candidates of a topic are phrases that set it apart; its title is the one nearest in meaning to its
    centre, weighed by how many say it.

    Args:
        texts: what people said, one text a conversation.
        topic: index of each conversation's topic, -1 for none.
        vectors: of the conversations, from the same embedder, shape (n, d); nan where there is none.
        embedder: places phrases among the conversations.
        parents: index of each topic's parent, shape (k,).
        users: who spoke, where known; then no phrase of fewer than three people is shown.
        ignore: words no name may contain, such as the product's own name; proper names found in most topics
            are left out by themselves.

    Source: Grootendorst (2020), KeyBERT; Carbonell and Goldstein (1998), MMR, SIGIR 21:335.
    """
    usable = (np.asarray(topic) >= 0) & np.isfinite(vectors).all(axis=1)
    k = len(parents)
    labels = np.where(usable, topic, -1).astype(np.int64)
    inside: list[int] = np.flatnonzero(labels >= 0).tolist()
    banned = {*ignore, *phrases.brands([texts[i] for i in inside], labels[inside].tolist())}
    spelling = phrases.written(texts[i] for i in inside)
    fine = _groups(texts, labels, k, vectors, users, banned)
    above = np.append(np.asarray(parents, dtype=np.int64), -1)[labels]
    broad = _groups(texts, above, int(np.max(parents, initial=-1)) + 1, vectors, users, banned)
    known = _embed([*fine, *broad], embedder)
    return Names(_name_all(fine, known, texts, spelling), _name_all(broad, known, texts, spelling))


def _groups(
    texts: Sequence[str],
    labels: NDArray[np.int64],
    k: int,
    vectors: NDArray[Any],
    users: Sequence[str] | None,
    banned: Collection[str],
) -> list[_Group]:
    placed = []
    for group in range(k):
        rows = np.flatnonzero(labels == group)
        centre = unit(vectors[rows].mean(axis=0, keepdims=True))[0] if len(rows) else vectors[:0].sum(axis=0)
        placed.append((rows[np.argsort(-(vectors[rows] @ centre), kind="stable")], centre))
    read = [
        [(phrases.phrases(texts[i]), users[i] if users else str(i)) for i in (int(row) for row in rows[:CENTRAL])]
        for rows, _ in placed
    ]
    found = phrases.distinctive(read, known_users=users is not None, ignore=banned)
    return [_Group(rows, centre, kept) for (rows, centre), kept in zip(placed, found, strict=True)]


def _embed(groups: Sequence[_Group], embedder: Embedder) -> dict[str, Vectors]:
    wanted = sorted({phrase.text for group in groups for phrase in group.candidates})
    return dict(zip(wanted, embedder.encode(wanted), strict=True)) if wanted else {}


def _name_all(
    groups: Sequence[_Group], known: dict[str, Vectors], texts: Sequence[str], spelling: dict[str, str]
) -> list[TopicName]:
    taken: set[str] = set()
    names: dict[int, TopicName] = {}
    for i in sorted(range(len(groups)), key=lambda i: -len(groups[i].rows)):  # the largest keeps the plain title
        chosen = _chosen(groups[i], known)
        title = _title(chosen, taken, i, spelling)
        taken.add(title.lower())
        keywords = tuple(sentence_case(p, spelling) for p in chosen[1:4])
        names[i] = TopicName(title, keywords, _representatives(groups[i], texts))
    return [names[i] for i in range(len(groups))]


def _chosen(group: _Group, known: dict[str, Vectors]) -> list[str]:
    """Order candidates: the best first, then those that add something, by maximal marginal relevance."""
    if not group.candidates:
        return []
    texts = [phrase.text for phrase in group.candidates]
    vectors = np.stack([known[text] for text in texts])
    said = np.array([phrase.score for phrase in group.candidates])
    brief = np.array([" " not in text for text in texts])
    relevance = vectors @ group.centre + _SAID * said / said.max() - _BRIEF * brief
    likeness = vectors @ vectors.T
    order = [int(relevance.argmax())]
    while len(order) < min(4, len(texts)):
        gain = _RELEVANCE * relevance - (1 - _RELEVANCE) * likeness[:, order].max(axis=1)
        for i, text in enumerate(texts):
            if i in order or any(_within(text, texts[j]) for j in order):
                gain[i] = -np.inf
        if not np.isfinite(gain.max()):
            break
        order.append(int(gain.argmax()))
    return [texts[i] for i in order]


def _within(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return f" {short} " in f" {long} "


def _title(chosen: list[str], taken: set[str], index: int, spelling: dict[str, str]) -> str:
    options = [sentence_case(text, spelling) for text in chosen]
    options += [f"{options[0]}: {text}" for text in chosen[1:]] if options else []
    options[1:] = options[len(chosen) :] + options[1 : len(chosen)]  # a plain title with a keyword comes second
    free = (option for option in options if option.lower() not in taken)
    return next(free, f"{options[0]} ({index + 1})" if options else f"Unnamed topic {index + 1}")


def _representatives(group: _Group, texts: Sequence[str], wanted: int = 3) -> tuple[int, ...]:
    found: dict[str, int] = {}
    for row in group.rows:
        found.setdefault(" ".join(texts[row].lower().split()), int(row))
        if len(found) == wanted:
            break
    return tuple(found.values())
