"""What people have begun to want since topics were found: dense places of the stream that were not dense before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from analytics.topics.distinct import ALIKE, distinct
from analytics.topics.model import TopicModel
from analytics.topics.space import Vectors, unit

LEVEL: Final = 0.05
"""Chance of a false announcement between two fits, spent over the looks."""
FACTOR: Final = 3.0
"""Times as dense as before that a place must be at least."""
LEAST: Final = 8
"""Fewest different wordings of a new want."""
LEAST_USERS: Final = 3
_NEIGHBOURS: Final = 5
_DENSER: Final = 2.0
_SAME: Final = 0.7
"""Cosine of centres from which a candidate is one that was announced before."""
SAME_WANT: Final = 0.8
"""Cosine of the mean vectors of two announcements from which they are one want, under whatever wording or fit."""
_USUAL_LOOKS: Final = 25
_LEAST_COSINE: Final = 0.4
_FEWEST: Final = 4
_CLUSTER: Final = 5
_RADII: Final = (0.1, 0.25, 0.4, 0.55, 0.7)
"""Quantiles of a cluster's cosines to its centre that are tried as the border of its place; each costs a share of the
level."""

Clusterer = Literal["hdbscan", "leiden"]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A place where many more conversations are than before.

    Attributes:
        centre: in topic space, unit.
        radius: cosine to the centre from which a conversation is there.
        rows: of the stream that are there, the nearest first.
        wordings: different ones among these.
        before: different wordings of the reference that are there.
        expected: wordings that would be there had nothing changed.
        p_value: how often chance gives as many, before correction.
        level: what the p-value had to stay below, by possible places and looks.
    """

    centre: Vectors
    radius: float
    rows: NDArray[np.int64]
    wordings: int
    before: int
    expected: float
    p_value: float
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    centre: Vectors
    radius: float
    wordings: int
    before: int
    expected: float
    p_value: float


def spent(look: int) -> float:
    """The part of `LEVEL` that the look of this number, from 1 on, may use; all looks together use all of it.

    Half is spent evenly over as many looks as there mostly are between two fits, the rest by the square after them.

    Source: Lan and DeMets (1983), Biometrika 70:659.
    """
    if look <= _USUAL_LOOKS:
        return LEVEL / 2 / _USUAL_LOOKS
    return float(LEVEL / 2 * 6 / (np.pi * (look - _USUAL_LOOKS)) ** 2)


def find(
    model: TopicModel,
    vectors: NDArray[Any],
    users: Sequence[str],
    look: int,
    known: Sequence[tuple[Vectors, float]] = (),
    clusterer: Clusterer = "hdbscan",
) -> list[Found]:
    """Find new wants among the conversations since a fit.

    Each wording of the stream is compared with its neighbourhood: where its five nearest of the stream lie, the sample
    of the fit must have less than half of what its size says. Such wordings are clustered by density. A cluster is
    found if its place - the mean of its tighter half and a quarter of its members' cosines - holds at least three times
    as many wordings as the reference had there, and chance does not explain it at the level that this look may spend.
    Any of the denser wordings could have been the centre of a place, so they all share that level (Bonferroni).

    Args:
        model: the fit; its sample is the reference.
        vectors: of the conversations since, shape (n, d).
        users: who had them.
        look: number of this look since the fit, from 1 on.
        known: centre and radius of what was announced before; conversations there are left out.
        clusterer: that groups the wordings.

    Source: Kulldorff (1997), Commun. Stat. 26:1481, for the rate inside a place against the rate outside.
    """
    finite = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    points = model.space.project(vectors[finite])
    kept, _ = distinct(points, ALIKE)
    if len(kept) < 2 * LEAST:
        return []
    before = model.sample
    free = np.ones(len(kept), dtype=bool)
    for centre, radius in known:
        free &= kept @ centre < radius
    dense = np.flatnonzero(free & (_ratio(kept, before) >= _DENSER))
    if len(dense) < LEAST:
        return []
    labels = _clusters(kept[dense], clusterer)
    clusters = [dense[labels == one] for one in range(int(labels.max(initial=-1)) + 1)]
    clusters = [rows for rows in clusters if len(rows) >= _FEWEST]
    level = spent(look) / len(dense)
    places = [_place(kept[rows], kept, before, level) for rows in clusters]
    surely = sorted((one for one in places if one), key=lambda one: one.p_value)
    return _apart(surely, points, finite, users, known, level)


def meaning(vectors: NDArray[Any]) -> Vectors:
    """What an announcement means: the mean of its conversations' vectors, unit, shape (d,); comparable over fits.

    Args:
        vectors: of its conversations in embedding space, shape (n, d), n at least 1.
    """
    return np.asarray(unit(np.asarray(vectors, np.float32).mean(axis=0, keepdims=True))[0])


def announced_as(wanted: Vectors, earlier: Sequence[Vectors]) -> int | None:
    """Which earlier announcement is the same want: the most alike, if it is alike enough; None for news.

    Args:
        wanted: meaning of what was found, shape (d,).
        earlier: meanings of what was announced, by the same embedding model.
    """
    if not earlier:
        return None
    cosine = np.stack(earlier) @ wanted
    best = int(cosine.argmax())
    return best if cosine[best] >= SAME_WANT else None


def _apart(
    places: Sequence[_Place],
    points: Vectors,
    finite: NDArray[np.int64],
    users: Sequence[str],
    known: Sequence[tuple[Vectors, float]],
    level: float,
) -> list[Found]:
    """Places with their conversations, the surest first, without those that are known or have too few users."""
    result: list[Found] = []
    for place in places:
        others = [other.centre for other in result] + [centre for centre, _ in known]
        if any(place.centre @ other >= _SAME for other in others):
            continue
        cosine = points @ place.centre
        rows = np.flatnonzero(cosine >= place.radius)
        rows = finite[rows[np.argsort(-cosine[rows], kind="stable")]]
        if len({users[int(row)] for row in rows}) < LEAST_USERS:
            continue
        counts = (place.wordings, place.before, place.expected, place.p_value)
        result.append(Found(place.centre, place.radius, rows, *counts, level))
    return result


def _ratio(stream: Vectors, before: Vectors) -> NDArray[np.float64]:
    """How many times denser the stream is around each of its wordings than the reference was."""
    near = np.empty(len(stream))
    was = np.empty(len(stream))
    for start in range(0, len(stream), 1_000):
        rows = slice(start, start + 1_000)
        cosine = stream[rows] @ stream.T
        cosine[np.arange(len(cosine)), np.arange(start, start + len(cosine))] = -2
        near[rows] = np.partition(cosine, -_NEIGHBOURS, axis=1)[:, -_NEIGHBOURS]
        was[rows] = (stream[rows] @ before.T >= near[rows, None]).sum(axis=1)
    return np.asarray((_NEIGHBOURS / len(stream)) / ((was + 0.5) / len(before)))


def _clusters(points: Vectors, clusterer: Clusterer) -> NDArray[np.int64]:
    if clusterer == "hdbscan":
        from hdbscan import HDBSCAN

        found = HDBSCAN(min_cluster_size=_CLUSTER, min_samples=2, cluster_selection_method="leaf", core_dist_n_jobs=1)
        labels = np.asarray(found.fit_predict(points.astype(np.float64)), dtype=np.int64)
        return labels if (labels >= 0).any() else np.zeros(len(points), dtype=np.int64)  # one group has no leaves
    from analytics.topics import graph
    from analytics.topics.clusterers.base import Sample
    from analytics.topics.clusterers.leiden import Leiden

    near = graph.nearest(points, points, min(8, len(points) - 1), same=True)
    return np.asarray(Leiden().cluster(Sample(points, graph.fuzzy_graph(near), LEAST), 2.0, 0), dtype=np.int64)


def _centre(members: Vectors) -> Vectors:
    """Mean of the tighter half of a cluster."""
    middle = unit(members.mean(axis=0, keepdims=True))[0]
    half = members[np.argsort(-(members @ middle), kind="stable")[: max(LEAST // 2, len(members) // 2)]]
    return np.asarray(unit(half.mean(axis=0, keepdims=True))[0])


def _place(members: Vectors, stream: Vectors, before: Vectors, level: float) -> _Place | None:
    """The circle around the centre of a cluster in which the rate rose most surely, if it rose enough."""
    from scipy.stats import binom

    centre = _centre(members)
    own, now_cosine, was_cosine = members @ centre, stream @ centre, before @ centre
    radii = np.maximum(np.quantile(own, _RADII), _LEAST_COSINE)
    now = (now_cosine[:, None] >= radii).sum(axis=0)
    was = (was_cosine[:, None] >= radii).sum(axis=0)
    expected = (was + 0.5) * len(stream) / len(before)
    surprise = binom.logsf(now - 1, now + was, len(stream) / (len(stream) + len(before)))
    surprise = np.where((now >= LEAST) & (now >= FACTOR * expected), surprise, 0.0)
    best = int(surprise.argmin())
    p = min(1.0, float(np.exp(surprise[best])) * len(radii))
    if p >= level:
        return None
    return _Place(centre, float(radii[best]), int(now[best]), int(was[best]), float(expected[best]), p)
