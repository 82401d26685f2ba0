"""Synthetic conversations whose topics are known."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def blobs():
    """Make unit vectors around well-separated centres: ``blobs([sizes], seed)`` gives vectors and labels."""

    def make(sizes, seed=0, dimensions=64, spread=0.06):
        dice = np.random.default_rng(seed)
        centres = np.linalg.qr(dice.normal(size=(dimensions, dimensions)))[0][: len(sizes)]
        labels = np.repeat(np.arange(len(sizes)), sizes)
        vectors = centres[labels] + dice.normal(scale=spread, size=(len(labels), dimensions))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels

    return make
