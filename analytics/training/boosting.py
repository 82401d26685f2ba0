"""Boosted trees with a calibration, fitted with scikit-learn and written as plain numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

SEED: Final = 20_261_126
FOLDS: Final = 5


def fit(
    rows: Sequence[Mapping[str, float]],
    good: Sequence[bool],
    groups: Sequence[str],
    *,
    rounds: int,
    leaves: int,
    times: Mapping[str, float] | None = None,
) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """Fit trees in which groups weigh the same but for ``times``, and calibrate them on folds they were not fitted on.

    Args:
        rows: features by name, the same names in each.
        good: the label of each row.
        groups: the set each row is of.
        rounds: trees.
        leaves: of a tree at most.
        times: how many times as much as another a group weighs; 1 where it is not named.

    Returns:
        The head as `trees.parsed` reads it, and the calibrated probabilities of folds left out, shape (rows,).
    """
    names = list(rows[0])
    columns = np.array([[row[name] for name in names] for row in rows])
    labels = np.array(good, dtype=int)
    weights = _even(groups, times or {})
    left_out = np.zeros(len(rows))
    strata = [f"{group}/{label}" for group, label in zip(groups, labels, strict=True)]
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(columns, strata):
        part = _model(rounds, leaves).fit(columns[train], labels[train], sample_weight=weights[train])
        left_out[test] = part.decision_function(columns[test])
    curve = LogisticRegression(C=1e6).fit(left_out[:, None], labels, sample_weight=weights)
    model = _model(rounds, leaves).fit(columns, labels, sample_weight=weights)
    return _head(names, model, curve), curve.predict_proba(left_out[:, None])[:, 1]


def write(head: Mapping[str, Any], path: Path) -> None:
    """Write a head as JSON with nine digits a number but for cuts: a value that lies on one must not change sides."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(head), separators=(",", ":")) + "\n", encoding="utf-8")


def _model(rounds: int, leaves: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=rounds, learning_rate=0.05, max_leaf_nodes=leaves, min_samples_leaf=15, l2_regularization=5.0,
        max_features=0.4, random_state=SEED,
    )  # fmt: skip


def _even(groups: Sequence[str], times: Mapping[str, float]) -> NDArray[np.float64]:
    sizes = {group: groups.count(group) for group in set(groups)}
    return np.array([times.get(group, 1.0) * len(groups) / len(sizes) / sizes[group] for group in groups])


def _head(names: Sequence[str], model: HistGradientBoostingClassifier, curve: LogisticRegression) -> dict[str, Any]:
    return {
        "features": list(names),
        "bias": float(model._baseline_prediction.item()),
        "linear": [],
        "mean": [],
        "spread": [],
        "trees": [_tree(predictors[0].nodes) for predictors in model._predictors],
        "slope": float(curve.coef_[0, 0]),
        "offset": float(curve.intercept_[0]),
    }


def _tree(nodes: Any) -> dict[str, list[Any]]:
    leaf = nodes["is_leaf"].astype(bool)
    return {
        "feature": np.where(leaf, 0, nodes["feature_idx"]).tolist(),
        "cut": np.where(leaf, 0.0, nodes["num_threshold"]).tolist(),
        "left": np.where(leaf, 0, nodes["left"]).tolist(),
        "right": np.where(leaf, 0, nodes["right"]).tolist(),
        "value": np.where(leaf, nodes["value"], 0.0).tolist(),
    }


def _rounded(item: Any) -> Any:
    if isinstance(item, float):
        return float(f"{item:.9g}")
    if isinstance(item, list | tuple):
        return [_rounded(one) for one in item]
    if isinstance(item, Mapping):
        return {name: one if name == "cut" else _rounded(one) for name, one in item.items()}
    return item
