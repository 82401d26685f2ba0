"""What an answer shares with its sources, held against the plain way to count it."""

from hypothesis import given
from hypothesis import strategies as st

from analytics.scores.support import Runs, Sources, features
from analytics.scores.words import sentences

few = st.lists(st.sampled_from("abc"), max_size=12)


def longest(said, known):
    """Words of the longest run of ``said`` that stands in ``known``, tried one by one."""
    runs = {tuple(known[start:end]) for end in range(len(known) + 1) for start in range(end)}
    return max(
        (end - start for end in range(len(said) + 1) for start in range(end) if tuple(said[start:end]) in runs),
        default=0,
    )


@given(said=few, known=few)
def test_the_automaton_knows_every_run_and_no_other(said, known):
    """Walked along a text, its state is the longest run that ends there."""
    runs = Runs(known)
    for start in range(len(said) + 1):
        state = 0
        walked = 0
        for name in said[start:]:
            if name not in runs.steps[state]:
                break
            state = runs.steps[state][name]
            walked += 1
        assert walked <= longest(said, known)
    assert all(runs.lengths[link] < runs.lengths[at] for at, link in enumerate(runs.links) if link >= 0)


@given(said=few.filter(bool), known=few.filter(bool))
def test_the_longest_run_is_the_one_counted_plainly(said, known):
    """`run_share` is its share of the answer's words."""
    names = {"a": "lamp", "b": "parcel", "c": "kettle"}
    answer, source = (" ".join(names[one] for one in part) for part in (said, known))
    found = features(sentences(answer), Sources.of([source]), frozenset())
    assert found["run_share"] == longest(said, known) / len(said)


def test_what_was_cut_is_kept():
    """Scores and causes of one turn cut its sources once."""
    first, second = (Sources.of(["The lamp costs 5."]) for _ in range(2))
    assert first is second
    assert sentences("It is. It was.") is sentences("It is. It was.")
