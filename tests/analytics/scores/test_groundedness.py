"""Groundedness: words of the sources support, numbers and names from nowhere do not, summaries are not assessed."""

import pytest

from analytics.detectors.turn import Document, ToolCall
from analytics.scores.base import Scored, Unjudged
from analytics.scores.groundedness import Groundedness

TEXT = (
    "The Alder kettle holds 1.7 litres and boils in four minutes. It is made of steel. "
    "Returns are free within 30 days when the box is unopened."
)


def graded(make_turn, answer, question="What does the Alder kettle hold?", text=TEXT):
    """Measure an answer against one document."""
    measured = Groundedness().judge(make_turn(answer, input_text=question, documents=[Document(text, span_id="s")]))
    assert isinstance(measured, Scored)
    return measured


@pytest.mark.parametrize(
    "answer",
    ["The Alder kettle holds 1.7 litres.", "It boils in four minutes and is made of steel.",
     "Returns are free within 30 days when the box is unopened. [1]"],
)  # fmt: skip
def test_what_stands_in_the_document_is_supported(make_turn, answer):
    """Quoted and lightly changed sentences are carried; a mark of citation is no word."""
    assert graded(make_turn, answer).label == "supported"


@pytest.mark.parametrize(
    "answer",
    ["I love kettles! My grandmother had a lovely copper one in Lisbon.",
     "Penguins invented porcelain during the Ming dynasty, according to Professor Quill."],
)  # fmt: skip
def test_what_stands_nowhere_is_unsupported_and_marked(make_turn, answer):
    """The words from nowhere are the evidence."""
    measured = graded(make_turn, answer)
    assert measured.label == "unsupported"
    assert measured.evidence
    assert all(piece.quote in answer for piece in measured.evidence)


def test_only_the_words_from_nowhere_are_marked(make_turn):
    """In a sentence that is right but for one name, that name is marked."""
    measured = graded(make_turn, "The Alder kettle holds 1.7 litres. Returns are handled by Kowalczyk Logistics.")
    marked = " ".join(piece.quote for piece in measured.evidence)
    assert "Kowalczyk" in marked
    assert "litres" not in marked


def test_a_summary_of_a_long_text_is_not_assessed(make_turn):
    """Comparing words is near chance there, and the score says so instead of guessing; it still has a value."""
    measured = graded(make_turn, "A kettle, quick and sturdy.", "Summarise the document.", TEXT * 6)
    assert measured.label == "not_assessed"
    assert measured.explanation.startswith("Not assessed")
    assert 0 <= measured.value <= 1


def test_the_word_summary_alone_does_not_excuse_an_answer(make_turn):
    """A short source can be checked word by word, whatever was asked."""
    assert graded(make_turn, "The Alder kettle holds 1.7 litres.", "A summary, please.").label == "supported"


def test_results_of_tools_are_sources_too(make_turn):
    """An agent's answer rests on what its tools gave back."""
    call = ToolCall("find_order", "{}", "s", '{"order": 7781, "state": "shipped", "carrier": "Bolt"}')
    measured = Groundedness().judge(make_turn("Order 7781 was shipped with Bolt.", tool_calls=[call]))
    assert isinstance(measured, Scored)
    assert measured.value > 0.5


@pytest.mark.parametrize(
    ("question", "answer", "judged"),
    [
        (
            "Can I talk to a human?",
            "Sure, a colleague takes over; your ticket is T-28069. You get an answer soon.",
            False,
        ),
        ("I would rather speak with somebody.", "Of course. I passed our conversation on to a colleague.", False),
        ("Let me speak to a real person!", "I'll connect you with an agent right away.", False),
        ("Can I talk to a human?", "The Alder kettle holds 3.5 litres and sings.", True),
        ("What does it hold?", "A colleague of the maker said that it holds 3.5 litres.", True),
        ("Which person designed it?", "It was Ada Quill. " + "She had the idea in a kitchen. " * 12, True),
    ],
)
def test_an_answer_that_hands_over_to_a_person_claims_nothing(make_turn, question, answer, judged):
    """What an assistant does itself stands in no document; what it says of the world has to."""
    measured = Groundedness().judge(make_turn(answer, input_text=question, documents=[Document(TEXT, span_id="s")]))
    assert isinstance(measured, Scored) is judged


def test_without_sources_there_is_nothing_to_hold_against(make_turn):
    """No documents and no tool results: unjudged, with the reason."""
    assert isinstance(Groundedness().judge(make_turn("Five days.")), Unjudged)
