"""Resolution: thanks and goodbyes lift it; open questions, giving up, refusals and failures lower it."""

import pytest

from analytics.detectors.turn import Exchange, ToolCall
from analytics.scores.base import Scored, Unjudged
from analytics.scores.resolution import Resolution

BEFORE = [Exchange("Where is order LF-4711?", "It was sent on Monday and arrives on Friday.")]


def judged(make_turn, said, answer, earlier=BEFORE, **changes):
    """What the score says of a conversation that ends so."""
    return Resolution().judge(make_turn(answer, input_text=said, earlier=earlier, **changes))


def value(make_turn, said, answer, **changes):
    """Its value, where it has one."""
    found = judged(make_turn, said, answer, **changes)
    assert isinstance(found, Scored)
    return found.value


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Great, thank you so much!", "You're welcome. Have a nice day!"),
        ("No, that is all.", "Goodbye!"),
        ("Nope, that's it.", "Is there anything else you need? If not, take care."),
        ("Perfect, please book it.", "Your table is booked for seven. Is there anything else I can help you with?"),
        ("Thanks a lot, that solved it.", ""),
        ("Yes, cancel it please.", "Order LF-4711 has been cancelled and the refund is on its way."),
    ],
)
def test_a_good_ending_is_high(make_turn, said, answer):
    """Thanks, goodbyes, done; an offer of more help is no open question, and thanks need no answer."""
    assert value(make_turn, said, answer) > 0.6


@pytest.mark.parametrize(
    ("said", "answer", "told"),
    [
        ("Cancel it then.", "To proceed, I'll need the following: your name and your address.", "asks for something"),
        ("And the other one?", "Which order do you mean?", "asks for something"),
        ("This is useless, never mind.", "I am sorry to hear that.", "the user gave up"),
        ("That's wrong, I asked for Friday.", "It arrives on Monday.", "speaks against the answer before it"),
        ("What about the refund?", "I'm sorry, unfortunately the payment failed. An agent will look at it.", "sorry"),
        ("I want to talk to a human.", "I have passed this on to a colleague.", "hands over"),
        ("What about the refund?", "", "nobody answered"),
    ],
)
def test_a_bad_ending_is_low_and_says_why(make_turn, said, answer, told):
    """Open questions, complaints, giving up, hand-overs and silence of the assistant."""
    found = judged(make_turn, said, answer)
    assert found.value < Resolution.low
    assert told in found.explanation.lower()
    assert found.evidence


@pytest.mark.parametrize(
    ("answer", "changes", "label"),
    [
        ("", {"status": "error", "error_type": "timeout"}, "failed"),
        ("I'm sorry, but I can't help with that request.", {}, "refused"),
        ("The refund is sent to your", {"finish_reason": "length"}, "cut_off"),
    ],
)
def test_without_a_last_answer_it_ended_as_the_outcome_says(make_turn, answer, changes, label):
    """Thanks before it do not help."""
    found = judged(make_turn, "Thank you! And my refund?", answer, **changes)
    assert (found.label, found.value < Resolution.low) == (label, True)
    assert found.evidence


def test_a_conversation_that_goes_on_has_no_ending(make_turn):
    """Only the last turn has the value."""
    found = judged(make_turn, "Thank you!", "You're welcome.", later=[Exchange("One more thing", "Yes?")])
    assert found == Unjudged("the conversation goes on after this turn")


@pytest.mark.parametrize(
    ("said", "answer", "reason"),
    [
        ("Why is the sky blue?", "Air scatters blue light more than red light.", "nothing was said after"),
        ("A haiku on rain, thanks!", "Soft rain on the roof\nthe cat listens to the drops\nnight is near", "nothing"),
        ("Print two numbers", "```python\nfor i in range(2):\n    print(i)\n```", "nothing was said after"),
        ("Wo ist mein Paket?", "Ihr Paket kommt am Montag an. Kann ich sonst noch etwas für Sie tun?", "English only"),
        ("荷物はどこですか？", "月曜日に届きます。", "English only"),
        ("Sum it", "| item | price |\n|---|---|\n| tent | 289 |\n| stove | 79 |", "English only"),
    ],
)
def test_where_nothing_tells_nothing_is_said(make_turn, said, answer, reason):
    """One question and its answer, code, tables and other languages."""
    found = judged(make_turn, said, answer, earlier=())
    assert isinstance(found, Unjudged)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Does it come in green?", "Yes, in green and in blue."),
        ("Thanks, and can you send it to Oslo?", "It takes five days to Oslo."),
        ("How do I wash it?", "Choose 30 degrees and please send it to dry cleaning for stains."),
        ("What do guests ask?", "Most ask: what time is breakfast? It is at eight, and the kitchen is open until ten."),
    ],
)
def test_an_answer_that_closes_nothing_is_in_the_middle(make_turn, said, answer):
    """Thanks with a new request, advice with a please, and questions inside an answer are no signs."""
    assert 0.4 < value(make_turn, said, answer) < 0.7


def test_what_tools_did_counts_only_where_it_failed(make_turn):
    """Whether a change was the right one is not looked at, and the explanation says so."""
    done = judged(make_turn, "Book it", "Your table is booked.", tool_calls=[ToolCall("book", "{}", "s", '{"id": 7}')])
    assert "whether the tools changed the right thing was not looked at" in done.explanation
    failed = ToolCall("book", "{}", "s", "Error: no table is free")
    assert value(make_turn, "Book it", "Your table is booked.", tool_calls=[failed]) < done.value - 0.2
    went_on = judged(make_turn, "And in green?", "In green, too.", tool_calls=[ToolCall("look", "{}", "s", "green")])
    assert went_on.explanation.startswith("The user went on without praise or complaint")
    shown = ToolCall("show_menu", "{}", "s", '{"shown": true}')
    assert value(make_turn, "Show me the menu again", "", tool_calls=[shown]) > Resolution.low
