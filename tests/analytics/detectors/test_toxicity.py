"""Obscene words and insults without them; strong words that insult nobody are near-misses."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.detectors.base import Finding, score_of
from analytics.detectors.toxicity import Toxicity
from analytics.heads import insults

HEAD = insults.load()
ALONG = (HEAD.weights / np.linalg.norm(HEAD.weights)).astype(np.float32)
"""The vector that means an insult more than any other."""

OBSCENE = ("You stupid bitch, go fuck yourself.", "Shut the fuck up, you dumb asshole.")
PLAIN = (
    "The parcel is damn late, but thanks.",
    "Kill the process with kill -9 and start it again.",
    "Roast the chicken breast for an hour.",
    "The dam on the river Dyke was built in 1911.",
    "He was hit by a shuttlecock in Scunthorpe.",
    "Dick Turpin was a highwayman.",
)


@pytest.mark.parametrize("text", OBSCENE)
def test_obscene_words_are_flagged_with_or_without_a_vector(make_turn, text):
    """Words alone are enough."""
    assert isinstance(Toxicity().judge(make_turn(text)), Finding)
    assert isinstance(Toxicity().judge(make_turn(text, output_vector=ALONG)), Finding)


@pytest.mark.parametrize("text", PLAIN)
def test_strong_words_that_insult_nobody_are_not_flagged(make_turn, text):
    """Recipes, shells, towns and names."""
    assert not isinstance(Toxicity().judge(make_turn(text)), Finding)
    assert not isinstance(Toxicity().judge(make_turn(text, output_vector=-ALONG)), Finding)


def test_an_insult_without_swear_words_is_told_by_its_meaning(make_turn):
    """By the vector alone; what the answer says is graver than what the user says."""
    text = "Nobody would miss you, and everything you make is worthless."
    by_words, by_meaning = make_turn(text), make_turn(text, output_vector=ALONG)
    assert not isinstance(Toxicity().judge(by_words), Finding)
    found = Toxicity().judge(by_meaning)
    assert isinstance(found, Finding)
    assert (found.severity, found.evidence[0].quote) == (None, text)
    said = Toxicity().judge(make_turn("I see.", input_text=text, input_vector=ALONG))
    assert isinstance(said, Finding)
    assert said.severity == "low"


def test_one_bad_sentence_of_a_long_answer_is_found(make_turn):
    """A vector tells of the beginning only."""
    text = "The lamp has two modes and a switch on its side. " * 30 + "Now go fuck yourself, you stupid bitch."
    found = Toxicity().judge(make_turn(text, output_vector=-ALONG))
    assert isinstance(found, Finding)
    assert "fuck" in found.evidence[0].quote


def test_a_vector_of_another_model_is_passed_over(make_turn):
    """Words alone judge then."""
    other = np.ones(7, np.float32)
    assert score_of(Toxicity().judge(make_turn(OBSCENE[0], output_vector=other))) == score_of(
        Toxicity().judge(make_turn(OBSCENE[0]))
    )
