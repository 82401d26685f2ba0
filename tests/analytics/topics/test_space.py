"""Topic space: unit rows, main directions kept, one answer everywhere."""

import numpy as np
import pytest

from analytics.topics.space import MAX_DIMENSIONS, fit_space, unit


def test_projected_vectors_have_length_one(blobs):
    """Cosines in the space are dot products."""
    vectors, _ = blobs([50, 50])
    found = fit_space(vectors).project(vectors)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(100), abs=1e-5)


@pytest.mark.parametrize(("n", "dimensions"), [(600, MAX_DIMENSIONS), (40, 10), (2, 1)])
def test_small_samples_get_fewer_dimensions(n, dimensions):
    """Directions fitted on a handful of points would be noise."""
    vectors = np.random.default_rng(0).normal(size=(n, 200)).astype(np.float32)
    assert fit_space(vectors).components.shape == (dimensions, 200)


def test_directions_are_orthonormal_and_their_signs_are_fixed(blobs):
    """The same sample, in any order, gives the same space."""
    vectors, _ = blobs([60, 60, 60])
    found = fit_space(vectors)
    assert found.components @ found.components.T == pytest.approx(np.eye(len(found.components)), abs=1e-5)
    again = fit_space(vectors[::-1].copy())
    assert again.components[:2] == pytest.approx(found.components[:2], abs=1e-3)


def test_a_zero_row_stays_zero():
    """Nothing divides by zero."""
    assert unit(np.zeros((1, 3), dtype=np.float32)).tolist() == [[0, 0, 0]]
