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


def test_cosines_from_the_origin_are_those_of_the_vectors_before_they_were_centred(blobs):
    """Where the space holds all directions nothing is lost on the way."""
    vectors, _ = blobs([200, 200], dimensions=16)
    vectors = unit(vectors + 0.5)
    space = fit_space(vectors)
    points = space.project(vectors)
    standing = space.standing(points, space.lengths(vectors))
    seen = space.uncentred(points, standing)
    some, others = np.arange(20)[:, None], np.arange(100, 130)[None, :]
    given = space.cosine(points[:20] @ points[100:130].T, standing.of(some), standing.of(others))
    assert given == pytest.approx(vectors[:20] @ vectors[100:130].T, abs=2e-2)
    assert given == pytest.approx(seen[:20] @ seen[100:130].T, abs=1e-4)
