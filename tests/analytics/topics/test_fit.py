"""Fitting: separate groups are found as they are, small samples are refused or marked, one seed is one model."""

import io
import json

import numpy as np
import pytest

from analytics.topics.assign import assign
from analytics.topics.choice import separation
from analytics.topics.fit import MIN_CONVERSATIONS, default_min_topic_size, fit
from analytics.topics.model import TooFewConversations, from_bytes, to_bytes
from tests.pace import cpu_within


def same_partition(one, other):
    """Whether two labellings group alike."""
    return len({*zip(one, other, strict=True)}) == len({*one}) == len({*other})


@pytest.mark.parametrize("sizes", [[40, 40, 40], [300, 120, 60, 30], [12, 10, 10], [100] * 12], ids=str)
def test_well_separated_groups_are_found_exactly(blobs, sizes):
    """Every group is one topic, whatever the sizes, and the largest comes first."""
    vectors, labels = blobs(sizes)
    model = fit(vectors)
    found = assign(model, vectors)
    inside = found.topic >= 0
    assert inside.mean() > 0.95
    assert same_partition(found.topic[inside], labels[inside])
    assert model.members.tolist() == sorted(model.members, reverse=True)


@pytest.mark.parametrize("clusterer", ["leiden", "hdbscan"])
def test_every_clusterer_finds_plain_groups(blobs, clusterer):
    """The default and the alternative agree where the matter is plain."""
    vectors, labels = blobs([80, 60, 40])
    found = assign(fit(vectors, clusterer=clusterer), vectors)
    inside = found.topic >= 0
    assert same_partition(found.topic[inside], labels[inside])


def test_an_unknown_clusterer_is_refused(blobs):
    """The name is in the error."""
    with pytest.raises(KeyError, match="astrology"):
        fit(blobs([40])[0], clusterer="astrology")


def test_fewer_than_thirty_conversations_are_too_few(blobs):
    """The error says how many there are and how many it takes; rows without text do not count."""
    vectors, _ = blobs([29])
    padded = np.vstack([vectors, np.full((5, 64), np.nan, dtype=np.float32)])
    with pytest.raises(TooFewConversations, match="29 conversations") as raised:
        fit(padded)
    assert (raised.value.found, raised.value.needed) == (29, MIN_CONVERSATIONS)


def test_thirty_conversations_are_enough_and_the_model_says_it_is_small(blobs):
    """Small-data mode: topics with a stability each."""
    model = fit(blobs([10, 10, 10])[0])
    assert model.is_small
    assert len(model) == 3
    assert model.stability.min() > 0.75


def test_groups_that_are_noise_have_low_stability():
    """Communities of structureless points do not come back when a fifth is left out."""
    noise = np.random.default_rng(3).normal(size=(120, 64)).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    assert np.median(fit(noise).stability) < 0.6


def test_one_seed_gives_one_model(blobs):
    """Fitting twice gives the same version; other conversations give another."""
    vectors, _ = blobs([50, 50, 50])
    assert fit(vectors, seed=4).version == fit(vectors, seed=4).version
    assert fit(vectors).version != fit(vectors[:-1]).version


def test_a_weight_stands_for_as_many_conversations(blobs):
    """Counts, thresholds and the minimum size go by weight, as with the rows written out."""
    vectors, _ = blobs([20, 20, 4])
    model = fit(vectors, weights=np.repeat([1, 1, 5], [20, 20, 4]))
    assert model.conversations == 60
    assert sorted(model.members) == [20, 20, 20]


def test_exact_duplicates_are_one_point_with_their_weight(blobs):
    """A thousand equal greetings neither crowd out neighbours nor vanish from counts."""
    vectors, _ = blobs([40, 40], spread=0.09)
    greetings = np.tile(vectors[:1], (500, 1))
    model = fit(np.vstack([vectors, greetings]))
    assert len(model.sample) == 80
    assert model.conversations == 580
    assert model.members.max() == 540


@pytest.mark.parametrize("distinct", [1, 2, 3, 5])
def test_a_handful_of_different_texts_is_no_crash(blobs, distinct):
    """A sample of all but equal conversations still gives a usable model."""
    vectors, _ = blobs([distinct])
    repeated = np.repeat(vectors, 40, axis=0)
    model = fit(repeated)
    assert model.conversations == 40 * distinct
    found = assign(model, repeated)
    assert -1 not in found.topic
    assert set(found.state) == {"assigned"}


def test_a_higher_resolution_gives_more_topics(blobs):
    """The grain is the caller's to choose."""
    vectors, _ = blobs([200, 200], spread=0.1)
    assert len(fit(vectors, resolution=8.0)) > len(fit(vectors, resolution=0.12)) >= 2


def test_topics_below_the_minimum_size_are_left_to_other(blobs):
    """A group of four is no topic when it takes ten."""
    vectors, labels = blobs([60, 60, 4])
    model = fit(vectors, min_topic_size=10)
    assert len(model) == 2
    found = assign(model, vectors)
    assert set(found.topic[labels == 2]) == {-1}


@pytest.mark.parametrize(("n", "size"), [(30, 3), (300, 4), (1_500, 10), (30_000, 10)])
def test_the_minimum_size_grows_with_the_sample(n, size):
    """Three conversations may be a topic of thirty, not of thousands."""
    assert default_min_topic_size(n) == size


def test_topics_of_one_kind_share_a_parent():
    """Two levels: topics around one broad direction are joined."""
    dice = np.random.default_rng(1)
    basis = np.linalg.qr(dice.normal(size=(64, 64)))[0]
    centres = [0.8 * basis[broad] + 0.6 * basis[10 + 4 * broad + i] for broad in range(4) for i in range(4)]
    labels = np.repeat(np.arange(16), 40)
    vectors = np.array(centres)[labels] + dice.normal(scale=0.07, size=(640, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    model = fit(vectors, resolution=2.0)
    assert len(model) == 16
    topic_of = assign(model, vectors).topic
    broad_of = {int(t): int(labels[i]) // 4 for i, t in enumerate(topic_of)}
    for parent in set(model.parents):
        assert len({broad_of[t] for t in range(16) if model.parents[t] == parent}) == 1
    assert 4 <= len(set(model.parents)) <= 8


def test_separation_is_high_for_right_groups_and_low_for_wrong_ones(blobs):
    """The measure that chooses the resolution prefers the truth to halves, to merges and to single points."""
    vectors, labels = blobs([50, 50, 50, 50])
    right = separation(vectors, labels.astype(np.int32))
    halves = separation(vectors, (labels * 2 + np.arange(200) % 2).astype(np.int32))
    merged = separation(vectors, (labels // 2).astype(np.int32))
    single = separation(vectors, np.arange(200, dtype=np.int32))
    assert right > max(halves, merged, single)
    assert separation(vectors, np.zeros(200, dtype=np.int32)) == -1


def test_two_thousand_conversations_take_less_than_three_seconds(blobs):
    """The price of a fit, in CPU-seconds of one core."""
    vectors, _ = blobs([100] * 20, dimensions=384, spread=0.05)
    with cpu_within(3):
        fit(vectors)


def test_a_model_survives_its_bytes(blobs):
    """What was written assigns as what was fitted, and holds no pickle."""
    vectors, _ = blobs([50, 40, 30])
    model = fit(vectors, embedder="minilm 0.1.0")
    written = to_bytes(model)
    again = from_bytes(written)
    assert (again.version, again.embedder, again.threshold) == (model.version, "minilm 0.1.0", model.threshold)
    one, other = assign(model, vectors), assign(again, vectors)
    assert (one.topic == other.topic).all()
    assert (one.score == other.score).all()
    assert b"pickle" not in written


@pytest.mark.parametrize("written", [b"", b"PK\x03\x04 broken", b"\x80\x04N."], ids=["empty", "broken", "pickle"])
def test_other_bytes_are_refused(written):
    """A truncated file or a pickle is a ValueError, never run."""
    with pytest.raises(ValueError, match="not a topic model"):
        from_bytes(written)


def test_a_model_of_the_first_format_still_assigns(blobs):
    """What earlier versions stored places conversations where it did, by its own limits."""
    vectors, labels = blobs([50, 40, 30])
    with np.load(io.BytesIO(to_bytes(fit(vectors)))) as archive:
        arrays = {name: archive[name] for name in archive.files if name not in {"origin", "lengths", "anchors"}}
    scalars = json.loads(arrays.pop("scalars").tobytes())
    scalars = {name: value for name, value in scalars.items() if name not in {"rest", "reach"}}
    scalars |= {"format": 1, "threshold": 0.9, "floor": 0.6}  # limits as they were set in the centred space
    out = io.BytesIO()
    np.savez(out, scalars=np.frombuffer(json.dumps(scalars).encode(), dtype=np.uint8), **arrays)
    found = assign(from_bytes(out.getvalue()), vectors)
    inside = found.topic >= 0
    assert inside.mean() > 0.9
    assert same_partition(found.topic[inside], labels[inside])
    assert found.score.max() <= 2 + 1e-5


def test_a_model_of_a_later_format_is_refused(blobs):
    """Its limits might mean something else."""
    with np.load(io.BytesIO(to_bytes(fit(blobs([50, 40])[0])))) as archive:
        arrays = {name: archive[name] for name in archive.files}
    scalars = json.loads(arrays.pop("scalars").tobytes()) | {"format": 99}
    out = io.BytesIO()
    np.savez(out, scalars=np.frombuffer(json.dumps(scalars).encode(), dtype=np.uint8), **arrays)
    with pytest.raises(ValueError, match="format 99"):
        from_bytes(out.getvalue())
