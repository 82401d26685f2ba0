"""Satisfaction: thanks lift it; correction, repetition and giving up lower it; questions that go on do neither."""

import pytest

from analytics.detectors.turn import Exchange
from analytics.scores.satisfaction import Satisfaction

QUESTION = "Where is my order 7781?"


def value(make_turn, after, answer="It was sent on Monday."):
    """Satisfaction with an answer after which this was said."""
    later = [Exchange(after, "")] if after else []
    return Satisfaction().judge(make_turn(answer, input_text=QUESTION, later=later)).value


@pytest.mark.parametrize(
    "after",
    ["That's not what I asked.", "No, I meant the other order.", "Where is my order 7781??", "This is useless.",
     "Never mind, I'll call someone.", "I want to speak to a real person", "You didn't answer my question"],
)  # fmt: skip
def test_unhappy_reactions_stand_below_those_that_just_go_on(make_turn, after):
    """Correction, repetition, complaint and giving up each count."""
    assert value(make_turn, after) < value(make_turn, "And when does the shop open?") - 0.1


@pytest.mark.parametrize("after", ["Thanks!", "Perfect, that works for me.", "Great, I'll check it out"])
def test_happy_reactions_stand_above_those_that_just_go_on(make_turn, after):
    """Thanks and praise count."""
    assert value(make_turn, after) > value(make_turn, "And when does the shop open?") + 0.03


@pytest.mark.parametrize(
    ("answer", "after"),
    [("Is there anything else?", "No, that's all thanks."), ("Will there be anything else?", "No, not at this time."),
     ("It was sent on Monday.", "No, that will be everything."), ("Anything else for you?", "Nope, thanks again."),
     ("Did you mean order 7781?", "No, the other one.")],
)  # fmt: skip
def test_a_no_that_was_asked_for_is_no_complaint(make_turn, answer, after):
    """Neither to an offer of more help nor to any other question, nor the no of who leaves."""
    assert value(make_turn, after, answer) > Satisfaction.low


@pytest.mark.parametrize(
    ("answer", "after"),
    [("Is there anything else?", "No, that is wrong. It never came."), ("Anything else?", "No, this is useless"),
     ("It was sent on Monday.", "No, it was not."), ("Is that correct?", "No, I never said so, you are wrong again.")],
)  # fmt: skip
def test_a_no_that_complains_still_does(make_turn, answer, after):
    """After a question, too, where there is more than the no."""
    assert value(make_turn, after, answer) < Satisfaction.low + 0.1


def test_without_a_reaction_the_score_says_that_it_knows_little(make_turn):
    """The last turn has a value near the usual one, and the label says why."""
    measured = Satisfaction().judge(make_turn("It was sent on Monday.", input_text=QUESTION))
    assert measured.label == "no_reaction"
    assert 0.5 < measured.value < 0.9


def test_an_angry_question_is_cited(make_turn):
    """Who comes in complaining is less content, and the words are the evidence."""
    measured = Satisfaction().judge(make_turn("Sorry.", input_text="This is ridiculous, where is it?"))
    assert [piece.quote for piece in measured.evidence] == ["ridiculous"]
