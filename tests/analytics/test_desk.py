"""Training cases of the support desk: good answers, and three ways to spoil each."""

from random import Random

import pytest

from analytics.training import desk


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """A short month is enough."""
    monkeypatch.setattr(desk, "CONVERSATIONS", 60)
    desk.exchanges.cache_clear()
    yield
    desk.exchanges.cache_clear()


def test_wants_are_in_one_part_alone():
    """Nothing that is reported on was trained on."""
    trained, held = ({one.kind.partition("/")[0] for one in desk.exchanges(held_back=part)} for part in (False, True))
    assert trained
    assert held
    assert not trained & held


def test_each_good_answer_is_spoiled_once():
    """Half of the cases are good; each spoiled one differs in what its class says."""
    cases = list(desk.cases(held_back=False))
    good = cases[::2]
    assert {name for _, name in good} == {"ok"}
    for (one, _), (spoiled, name) in zip(good, cases[1::2], strict=True):
        assert spoiled.question == one.question
        if name == "retrieval_failed":
            assert (spoiled.documents == one.documents, spoiled.results) == (False, ())
        else:
            assert (spoiled.documents, spoiled.answer == one.answer) == (one.documents, False)


def test_an_unsupported_answer_is_another():
    """Other numbers, or what another customer was told."""
    found, dice = desk.exchanges(held_back=True), Random(1)
    assert all(desk.unsupported(one, found, dice) != one.answer for one in found)
