"""New wants are announced by where the stream is denser than the reference was, and only by more than chance."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.topics import emerging
from analytics.topics.fit import fit
from tests.analytics.topics.test_keep import wants

OLD = "abcdef"


def people(count: int) -> list[str]:
    """A user a conversation."""
    return [f"user-{number}" for number in range(count)]


def test_a_new_want_is_announced_with_its_place() -> None:
    """Its conversations are those of the want, the nearest first, and few were expected there."""
    model = fit(wants(OLD, 60)[0])
    vectors = np.concatenate([wants(OLD, 20, seed=1)[0], wants("g", 15, seed=2)[0]])
    (found,) = emerging.find(model, vectors, people(len(vectors)), 1)
    assert set(found.rows) <= set(range(120, 135))
    assert found.wordings >= 10
    assert found.expected < 1
    assert found.p_value < found.level < emerging.LEVEL


def test_a_stream_like_the_reference_announces_nothing() -> None:
    """Ten of them; nor does one in which old wants change their share."""
    model = fit(wants(OLD, 60)[0])
    for seed in range(1, 11):
        vectors = wants(OLD, 30, seed=seed)[0]
        assert emerging.find(model, vectors, people(len(vectors)), 1) == []
    shifted = np.concatenate([wants("ab", 60, seed=1)[0], wants("cdef", 40, seed=2)[0]])
    assert emerging.find(model, shifted, people(len(shifted)), 1) == []


def test_what_was_announced_is_not_announced_again() -> None:
    """And a second want beside it is."""
    model = fit(wants(OLD, 60)[0])
    vectors = np.concatenate([wants(OLD, 20, seed=1)[0], wants("g", 15, seed=2)[0]])
    (first,) = emerging.find(model, vectors, people(len(vectors)), 1)
    known = [(first.centre, first.radius)]
    assert emerging.find(model, vectors, people(len(vectors)), 2, known) == []
    more = np.concatenate([vectors, wants("h", 15, seed=3)[0]])
    (second,) = emerging.find(model, more, people(len(more)), 2, known)
    assert set(second.rows) <= set(range(135, 150))


def test_one_user_or_one_sentence_is_no_want() -> None:
    """Fifteen wordings of two people, and a hundred times the same words."""
    model = fit(wants(OLD, 60)[0])
    old, new = wants(OLD, 20, seed=1)[0], wants("g", 15, seed=2)[0]
    vectors = np.concatenate([old, new])
    assert emerging.find(model, vectors, [*people(120), *["one", "two"] * 7, "one"], 1) == []
    same = np.concatenate([old, np.repeat(new[:1], 100, axis=0)])
    assert emerging.find(model, same, people(len(same)), 1) == []


def test_few_conversations_and_ones_without_words_say_nothing() -> None:
    """Rows of nan are left out."""
    model = fit(wants(OLD, 60)[0])
    new = wants("g", 5, seed=2)[0]
    assert emerging.find(model, np.concatenate([new, np.full_like(new, np.nan)]), people(10), 1) == []


def test_all_looks_together_spend_the_level() -> None:
    """However many there are."""
    assert sum(emerging.spent(look) for look in range(1, 100_000)) == pytest.approx(emerging.LEVEL, rel=1e-4)


def test_the_same_want_is_known_by_what_it_means() -> None:
    """The most alike of what was announced, if it is alike enough; another want, or nothing before, is news."""
    found, other = emerging.meaning(wants("g", 15, seed=2)[0]), emerging.meaning(wants("h", 15, seed=2)[0])
    again = emerging.meaning(wants("g", 20, seed=5)[0])
    assert emerging.announced_as(again, [other, found]) == 1
    assert emerging.announced_as(again, [other]) is None
    assert emerging.announced_as(again, []) is None
    assert np.linalg.norm(again) == pytest.approx(1)
