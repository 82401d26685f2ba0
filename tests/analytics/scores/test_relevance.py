"""Relevance: what is about something else is low, what follows up in few words is not."""

import pytest

from analytics.detectors.turn import Turn
from analytics.scores.relevance import Relevance


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What else is there?", "There is also a general practitioner in the old town."),
        ("Nairobi, please.", "It will be 25 degrees, with little chance of rain."),
        ("When will my order arrive?", "It takes five working days."),
    ],
)
def test_few_words_in_common_are_no_reason_to_doubt(make_turn, question, answer):
    """One of twenty answers is about something else, not every second one."""
    assert Relevance().judge(make_turn(answer, input_text=question)).value >= Relevance.low


def test_the_answer_to_another_question_is_low_and_cited(make_turn):
    """What shares neither meaning nor words is told with what it says."""
    turn: Turn = make_turn("Whisk the whites of four eggs until they are stiff.", input_text="How do I reset my modem?")
    measured = Relevance().judge(turn)
    assert measured.value < Relevance.low
    assert [one.source for one in measured.evidence] == ["answer"]
