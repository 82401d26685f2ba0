"""An answer to another question, and all that shares little with its question and is right."""

from dataclasses import replace

import pytest

from analytics.detectors.base import Clear, Document, Exchange, Finding, ToolCall, Unjudged
from analytics.detectors.off_topic import OffTopic
from analytics.detectors.turn import OUTPUT_EMBEDDED

TRAINS = "Which morning trains leave Vienna station for Prague on Sunday, and how long does the journey take?"
RIGHT = (
    "Three morning trains leave Vienna for Prague on Sundays, at 6:10, 8:10 and 10:10. The journey takes a little over "
    "four hours; the 8:10 has a dining car and needs no change on the way."
)
WALLS = (
    "Sand the plaster, wash off the dust, prime it, then roll two thin coats of emulsion paint from the ceiling down, "
    "leaving four hours between them; cut in along skirting boards and sockets with a small brush beforehand."
)
CODE = """```python
def median(numbers):
    ordered = sorted(numbers)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
```"""


@pytest.fixture
def judge(make_turn, embedder):
    """Judge an answer to a question, both embedded as the pipeline does it."""

    def judged(question, answer, **changes):
        turn = make_turn(answer, input_text=question, **changes)
        first, second = embedder.encode([question, answer[:OUTPUT_EMBEDDED]])
        has_words = [bool(text.strip()) for text in (question, answer)]
        turn = replace(turn, input_vector=first if has_words[0] else None)
        return OffTopic().judge(replace(turn, output_vector=second if has_words[1] else None))

    return judged


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (TRAINS, WALLS),
        ("How do I repaint a plastered wall in my living room so that no brush marks stay visible?", RIGHT),
        ("How can I sort a list of dictionaries by two keys in Python, one of them descending?", WALLS),
        (TRAINS, CODE + "\nThe function sorts a copy of the list and returns its middle element, or the mean of two."),
    ],
)
def test_an_answer_to_another_question_is_flagged(judge, question, answer):
    """The answer is cited, and the figures are told."""
    found = judge(question, answer)
    assert isinstance(found, Finding)
    assert found.evidence[0].field == "output"
    assert "cosine" in found.explanation


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        pytest.param(TRAINS, RIGHT, id="the right answer"),
        pytest.param("Can my parcel still come this week, or does it take longer?", "Yes, on Monday.", id="short"),
        pytest.param("How do I compute the median of a list of numbers in plain Python?", CODE, id="code for prose"),
        pytest.param(
            "Wie lange dauert die Fahrt von Wien nach Prag am Sonntag, und wann fährt der erste Zug ab?",
            "Die Fahrt dauert gut vier Stunden. Der erste Zug verlässt den Wiener Hauptbahnhof um 6:10 Uhr, und man "
            "muss unterwegs nicht umsteigen.",
            id="German",
        ),
        pytest.param(
            "Write a poem in Hindi for my sister on the day of the festival, with sky, moon and rain in it.",
            "रक्षाबंधन के पावन अवसर पर, एक छोटी सी कविता है मेरी बहन के नाम, आसमान की ऊँचाइयों में भी गूँजती है हमारी बातें",
            id="another language on demand",
        ),
        pytest.param(
            TRAINS,
            "I'm sorry, but I can't help with travel plans; please ask the railway company, which knows its timetable "
            "and can sell you a ticket as well.",
            id="refusal",
        ),
        pytest.param(
            "My order of two lamps and a kettle never came, what do you do about that?",
            "Could you please give me your customer number and the address where the package was to be delivered, so "
            "that I can look it up in our system?",
            id="clarifying question",
        ),
        pytest.param("Hello!", "Hello! How can I help you today? Ask me anything about your order.", id="greeting"),
        pytest.param(
            "Create a product of your own and explain it in a hundred words or less.",
            "Introducing MindMate, a bracelet that helps the forgetful: it knows the way home, reminds of pills, "
            "and calls the family when its wearer falls or strays from the usual path.",
            id="free invention",
        ),
        pytest.param(
            "That was a great match on the weekend, and the second goal from so far outside made me jump.",
            "Another odd fact is that locker rooms of some visiting teams are painted pink, as coaches thought that it "
            "calms their opponents before kickoff.",
            id="small talk without a question",
        ),
        pytest.param(
            "Report the main findings of the study at https://example.org/27121023/ for our newsletter please.",
            "Regular resistance training together with more protein improved body composition, strength and sleep in "
            "adults over sixty who had not trained before.",
            id="what is asked about stands elsewhere",
        ),
    ],
)
def test_near_misses_are_not_flagged(judge, question, answer):
    """Little in common need not be wrong."""
    assert not isinstance(judge(question, answer), Finding)


def test_a_follow_up_is_read_with_what_was_said_before(judge):
    """The same two texts are a fault alone, and none after the exchange that they go on from."""
    question = "And what would you recommend if I have only this weekend and no machine for the large surfaces?"
    before = Exchange(
        "How do I repaint a plastered wall in my living room?",
        "Sand the plaster, prime it and roll two coats of emulsion paint; rent a spraying machine for large surfaces.",
    )
    assert not isinstance(judge(question, WALLS, earlier=[before]), Finding)
    travel = Exchange("Do trains go to Prague on Sundays?", "Yes, there are morning trains from Vienna to Prague.")
    assert isinstance(judge(TRAINS, WALLS, earlier=[travel]), Finding)


def test_what_cannot_be_judged_is_said(judge, make_turn):
    """No text, few words, a turn of tool calls alone, a turn without vectors."""
    assert judge("", RIGHT).reason == "there is no question or no answer"
    called = judge(TRAINS, "", tool_calls=[ToolCall("timetable", '{"to": "Prague"}', "s1")])
    assert called.reason == "there is no question or no answer"
    assert judge("And the other one?", RIGHT).reason == "question or answer has fewer than 2 words of content"
    assert judge(TRAINS, "On Monday.").reason == "question or answer has fewer than 2 words of content"
    bare = OffTopic().judge(make_turn(WALLS, input_text=TRAINS))
    assert isinstance(bare, Unjudged)
    assert bare.reason == "question and answer have no vectors"


def test_a_doubt_lowers_the_score_and_keeps_the_order(judge):
    """What is not flagged for a doubt stays below the threshold and above what is surely about the question."""
    doubted = judge(TRAINS, "I'm sorry. " + WALLS)
    right = judge(TRAINS, RIGHT)
    assert isinstance(doubted, Clear)
    assert "asks back or apologises" in doubted.explanation
    assert right.score < doubted.score < OffTopic().threshold


def test_the_end_of_a_long_question_and_of_a_long_answer_count(judge):
    """A question behind pages of other text, answered after a long preamble about it."""
    pages = "The quarterly figures of the harbour authority list tonnage, berths and dredging costs by month. " * 15
    preamble = (
        "Thank you for those pages; I have read them with care and took them all into account, as you wished. " * 6
    )
    assert not isinstance(judge(f"{pages}\n{TRAINS}", f"{preamble}\n{RIGHT}"), Finding)


def test_an_answer_that_rests_on_what_was_retrieved_is_not_flagged(judge):
    """An order's state shares little with "where is my stuff"; wrong documents are a matter of the retriever."""
    assert isinstance(judge(TRAINS, WALLS), Finding)
    verdict = judge(TRAINS, WALLS, documents=[Document(WALLS)])
    assert isinstance(verdict, Clear)
    assert "rests on" in verdict.explanation
    assert isinstance(judge(TRAINS, WALLS, tool_calls=[ToolCall("walls", "{}", "s", WALLS)]), Clear)
