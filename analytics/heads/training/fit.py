"""Fits a linear head and writes it as a small file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from analytics.heads.words import WEIGHTS, WordsHead, features, weighted

SEED: Final = 20261126
_ORDINARY: Final = 0.998
"""Share of ordinary texts, each judged by a head that did not see it, that stays below a score of 0.5."""
_KEPT: Final = 60_000
"""Weights that are kept; smaller ones change a margin by less than its noise."""


def fit(
    texts: Sequence[str],
    labels: Sequence[bool],
    strength: float = 8.0,
    ordinary: float = _ORDINARY,
    calm: Sequence[bool] | None = None,
    documents: Sequence[str] | None = None,
) -> WordsHead:
    """Train a head: logistic regression, its score's middle set on five folds.

    Args:
        texts: to train on.
        labels: True for what is to be found.
        strength: inverse of the ridge's weight.
        ordinary: share of negatives that must stay below a score of 0.5.
        calm: which texts that share is of; all negatives when left out.
        documents: what each text is a line of; then a document lies in one fold, and the share is of documents,
            each with its highest line. Each text by itself when left out.
    """
    import numpy as np
    from sklearn.model_selection import GroupKFold, StratifiedKFold

    wanted = np.asarray(labels)
    counts = features(texts)
    seen = np.asarray((counts > 0).sum(axis=0)).ravel()
    scarcity = (np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32)
    found = weighted(counts, scarcity)
    margins = np.zeros(len(texts))
    folds = GroupKFold(5) if documents else StratifiedKFold(5, shuffle=True, random_state=SEED)
    for train, test in folds.split(found, wanted, documents):
        margins[test] = _line(found[train], wanted[train], strength).decision_function(found[test])
    counted = ~wanted if calm is None else np.asarray(calm)
    names = np.asarray(documents)[counted] if documents else np.flatnonzero(counted)
    highest = _highest(margins[counted], names)
    middle = float(np.quantile(highest, ordinary))
    model = _line(found, wanted, strength)
    return WordsHead(model.coef_[0].astype(np.float32), scarcity, float(model.intercept_[0]), middle, 1.0)


def write(head: WordsHead, name: str, folder: Path = WEIGHTS) -> Path:
    """Write a head; weights as half floats, the smallest left out."""
    import numpy as np

    places = np.sort(np.argsort(-np.abs(head.weights * head.scarcity))[:_KEPT])
    places = places[head.weights[places] != 0]
    unseen = float(head.scarcity.max())
    seen = np.flatnonzero(head.scarcity < unseen)
    path = folder / f"{name}.npz"
    np.savez_compressed(
        path,
        places=places.astype(np.uint32),
        weights=head.weights[places].astype(np.float16),
        seen=seen.astype(np.uint32),
        scarcity=head.scarcity[seen].astype(np.float16),
        unseen=np.float32(unseen),
        line=np.array([head.bias, head.middle, head.steepness]),
    )
    return path


def _highest(margins: Any, documents: Any) -> list[float]:
    """Highest margin of each document."""
    found: dict[Any, float] = {}
    for margin, name in zip(margins, documents, strict=True):
        found[name] = max(margin, found.get(name, margin))
    return list(found.values())


def _line(found: Any, labels: Any, strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, class_weight="balanced", solver="liblinear", random_state=SEED).fit(
        found, labels
    )
