"""The map: groups stay together, the picture is the same each time and fits its frame."""

import numpy as np
import pytest

from analytics.topics.map2d import MAX_POINTS, map2d


def test_conversations_of_a_group_lie_together(blobs):
    """The nearest neighbour on the map is nearly always of one's own group."""
    vectors, labels = blobs([40, 40, 40])
    places = map2d(vectors)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (labels[distance.argmin(axis=1)] == labels).mean() > 0.98


def test_the_map_is_the_same_each_time_and_within_its_frame(blobs):
    """Nothing is left to chance; places are within -1 and 1 and use the room."""
    vectors, _ = blobs([30, 30])
    places = map2d(vectors)
    assert (places == map2d(vectors)).all()
    assert np.abs(places).max() == pytest.approx(1)


def test_a_conversation_without_a_vector_has_no_place(blobs):
    """A row of nan stays nan and moves nobody else."""
    vectors, _ = blobs([20, 20])
    mixed = np.vstack([vectors, np.full((1, 64), np.nan, dtype=np.float32)])
    places = map2d(mixed)
    assert np.isnan(places[-1]).all()
    assert (places[:-1] == map2d(vectors)).all()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 9, 10, 12])
def test_few_points_have_places_too(blobs, n):
    """From nothing upwards the map is finite."""
    vectors, _ = blobs([12])
    assert map2d(vectors[:n]).shape == (n, 2)
    assert np.isfinite(map2d(vectors[:n])).all()


def test_equal_conversations_lie_on_one_spot(blobs):
    """Copies of one text give no error and no spread."""
    vectors, _ = blobs([1])
    assert np.ptp(map2d(np.repeat(vectors, 50, axis=0)), axis=0).tolist() == [0, 0]


def test_too_many_points_are_refused():
    """The limit is named, with both numbers."""
    with pytest.raises(ValueError, match="3001 points"):
        map2d(np.zeros((MAX_POINTS + 1, 4), dtype=np.float32))
