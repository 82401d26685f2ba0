"""One answer to everything, and one answer to what is asked often."""

from analytics.detectors.base import Finding, Unjudged
from analytics.detectors.boilerplate import Boilerplate
from analytics.detectors.peers import PeerGroups

ANSWER = (
    "Thank you for reaching out to us! Your request matters and our team of experts will gladly look into it soon. " * 2
)
UNRELATED = (
    "Where does my green lamp stay?",
    "Can I pay with two gift cards?",
    "My kettle leaks water, help",
    "Do you deliver abroad?",
)
RELATED = (
    "Can I return my lamp?",
    "How can I return my lamp",
    "I want to return my lamp now",
    "return my lamp please, can I",
)


def judge(make_turn, answer, questions):
    """The first of these turns, beside all of them."""
    groups = PeerGroups()
    turns = [make_turn(answer, input_text=question) for question in questions]
    for turn in turns:
        groups.add(turn)
    return Boilerplate().judge(make_turn(answer, input_text=questions[0], peers=groups.of(turns[0])))


def test_the_same_answer_to_unrelated_questions_is_flagged(make_turn):
    """Two of them are named."""
    found = judge(make_turn, ANSWER, UNRELATED)
    assert isinstance(found, Finding)
    assert "4 unrelated questions" in found.explanation


def test_near_misses_are_not_flagged(make_turn):
    """Related questions, two questions, short phrases, greetings."""
    assert not isinstance(judge(make_turn, ANSWER, RELATED), Finding)
    assert not isinstance(judge(make_turn, ANSWER, UNRELATED[:2]), Finding)
    assert not isinstance(judge(make_turn, ANSWER[:120], UNRELATED), Finding)
    assert not isinstance(judge(make_turn, "Is there anything else I can help with?", UNRELATED), Finding)
    assert not isinstance(judge(make_turn, ANSWER, ("hi", "hello", "hey there", "good morning")), Finding)


def test_blanks_and_capitals_make_no_other_answer(make_turn):
    """The words count."""
    groups = PeerGroups()
    for number, question in enumerate(UNRELATED):
        groups.add(make_turn(ANSWER.upper() if number % 2 else f"  {ANSWER}\n", input_text=question))
    turn = make_turn(ANSWER, input_text=UNRELATED[0])
    assert isinstance(Boilerplate().judge(make_turn(ANSWER, input_text=UNRELATED[0], peers=groups.of(turn))), Finding)


def test_without_peers_it_is_not_judged(make_turn):
    """One turn alone cannot show it."""
    assert isinstance(Boilerplate().judge(make_turn(ANSWER)), Unjudged)


def test_an_answer_that_says_what_was_asked_is_none(make_turn):
    """A policy answers whoever asks about it, in whatever words."""
    policy = (
        "You can return any lamp within thirty days. Print the label on our site, and the refund arrives soon. " * 3
    )
    questions = (
        "Can my lamp be sent back to you?",
        "When do I see my refund, the card is empty",
        "Where is that label I must print",
        "thirty days are over tomorrow, still fine?",
    )
    assert not isinstance(judge(make_turn, policy, questions), Finding)
    assert isinstance(judge(make_turn, policy, UNRELATED[1:]), Finding)
