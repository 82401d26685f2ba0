"""Small boosted trees as numbers in a JSON file: what a training script writes and a score reads, without a pickle."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

WEIGHTS: Final = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree as columns, a node a row: inner nodes go left where the feature is at most the cut."""

    feature: Sequence[int]
    cut: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    value: Sequence[float]

    def leaf(self, row: Sequence[float]) -> float:
        """Give the value of the leaf a row falls into."""
        node = 0
        while self.left[node]:
            node = self.left[node] if row[self.feature[node]] <= self.cut[node] else self.right[node]
        return self.value[node]


@dataclass(frozen=True, slots=True)
class Head:
    """A trained head: features by name, linear weights and trees over them, and a calibration.

    Attributes:
        features: names of the columns, in order.
        bias: of the sum.
        linear: weight of each column, after ``(x - mean) / spread``; empty where there is no linear part.
        mean: of each column.
        spread: of each column.
        trees: whose leaves are added.
        slope: of the calibration, a logistic curve over the sum.
        offset: of the calibration.
    """

    features: tuple[str, ...]
    bias: float
    linear: tuple[float, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    trees: tuple[Tree, ...]
    slope: float
    offset: float

    def probability(self, measured: Mapping[str, float]) -> float:
        """Give the calibrated probability of the good class, 0 to 1."""
        return logistic(self.odds(measured))

    def odds(self, measured: Mapping[str, float]) -> float:
        """Give the same as log-odds, to which other signs can be added."""
        row = [measured[name] for name in self.features]
        total = self.bias + sum(tree.leaf(row) for tree in self.trees)
        if self.linear:
            total += sum(
                weight * (value - mean) / spread
                for weight, value, mean, spread in zip(self.linear, row, self.mean, self.spread, strict=True)
            )
        return self.slope * total + self.offset


@cache
def head(name: str) -> Head:
    """Read the head of a name from ``weights``."""
    return parsed((WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))


def parsed(text: str) -> Head:
    """Make a head of its JSON text."""
    found = json.loads(text)
    return Head(
        features=tuple(found["features"]),
        bias=found["bias"],
        linear=tuple(found["linear"]),
        mean=tuple(found["mean"]),
        spread=tuple(found["spread"]),
        trees=tuple(Tree(**tree) for tree in found["trees"]),
        slope=found["slope"],
        offset=found["offset"],
    )


def logistic(value: float) -> float:
    """Squeeze any number into 0 to 1.

    >>> logistic(0.0)
    0.5
    """
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, value))))
