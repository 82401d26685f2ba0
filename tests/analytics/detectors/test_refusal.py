"""Refusals: declining is flagged; bad news, failed look-ups and the shop's rules are not."""

import pytest

from analytics.detectors.base import Finding, Unjudged
from analytics.detectors.refusal import Refusal

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I’m sorry, but I can’t assist with that request.",
    "I cannot provide medical advice.",
    "Unfortunately I am not able to answer questions about other customers.",
    "I won't write that review for you.",
    "As an AI language model, I must decline to give an opinion on this.",
    "I'm not allowed to share internal documents.",
    "That is not something I can discuss.",
    "It is not appropriate for me to comment on that.",
    "I'm sorry, but it would not be appropriate for me to answer this.",
    "Answering this would go against my guidelines.",
    "Sorry, I can't do that.",
    "I do not condone the copying of keys.",
    "I'm not comfortable giving legal advice.",
    "Thanks for asking! I would rather not talk about politics.",
    "Sorry, we're not allowed to tell you that.",
    "That is an unsuitable question for a service like this.",
    "I'm not sure I can help you with that.",
    "Let's stop: I am going to refuse to help you with this.",
    "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.",
    "Je suis désolé, mais je ne peux pas vous aider avec cela.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "很抱歉，我无法提供此类信息。",
    "申し訳ありませんが、そのご要望にはお応えできません。",
    "Извините, но я не могу помочь с этим запросом.",
]
ANSWERS = [
    "I'm sorry to hear that your lamp is broken. I have ordered a new one.",
    "I couldn't find your order. Could you give me its number?",
    "I cannot find an order with that number.",
    "Sorry, I was unable to book the table. Shall I try 7 pm?",
    "Unfortunately, I am unable to offer a refund for opened boxes.",
    "Opened boxes cannot be returned.",
    "I can't recommend this lamp enough!",
    "I can't help but smile at that question.",
    "Is there anything else I can't help you with?",
    "You can't return the kettle after thirty days.",
    "If I can't help you here, my colleagues will.",
    "Your request was refused by the bank.",
    "I can help with that! Which order is it?",
    "The courier won't give you the parcel without a signature.",
    "I see that the lamp cannot provide enough light for a kitchen.",
    "No problem, I will write it down.",
    "They told me about people whose names I cannot disclose.",
    "If you're unable to provide the code, I can look it up by name.",
    "I'm sorry I couldn't help you more. Have a nice day!",
    "I won't give up, I won't give in, I will carry on and win.",
    "Dear Sir,\nI cannot help but admire your work. I will not share these names.",
    "As a text-based model I am unable to create images. However, I can describe how a painter would go about it.",
    "I cannot write the program without any input; which numbers shall it read?",
    "Unfortunately I am unable to offer a higher amount through this system.",
    "Es tut mir leid, die Rückerstattung kann ich Ihnen nicht geben.",
    "Lo siento, no puedo cambiar el pedido porque ya ha salido.",
    "申し訳ございません。ご注文の商品は発送済みです。",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_flagged_with_its_words_quoted(make_turn, text):
    """The quote is the declining phrase itself, in the answer's own characters."""
    found = Refusal().judge(make_turn(text))
    assert isinstance(found, Finding)
    piece = found.evidence[0]
    assert text[piece.start : piece.end] == piece.quote != ""


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_that_is_no_refusal_is_not_flagged(make_turn, text):
    """Sorry, cannot and unable also stand in good answers."""
    assert not isinstance(Refusal().judge(make_turn(text)), Finding)


def test_help_offered_instead_lowers_the_confidence(make_turn):
    """A refusal with an alternative is less of one."""
    plain = Refusal().judge(make_turn("I can't provide legal advice."))
    soft = Refusal().judge(make_turn("I can't provide legal advice. However, I can explain the form."))
    assert soft.score < plain.score
    assert "offers something else" in soft.explanation


def test_a_refusal_quoted_late_in_a_long_answer_is_not_one(make_turn):
    """Only the first 400 characters count; further on it is usually a quotation."""
    assert not isinstance(
        Refusal().judge(make_turn("Here is the dialogue. " * 30 + "I cannot help with that.")), Finding
    )


@pytest.mark.parametrize("text", ["", "荷物は月曜日に届きます。", "Я не могу помочь с этим."], ids=ascii)
def test_what_the_rules_cannot_read_is_not_judged(make_turn, text):
    """No text, or another script: unknown, not fine."""
    assert isinstance(Refusal().judge(make_turn(text)), Unjudged)
