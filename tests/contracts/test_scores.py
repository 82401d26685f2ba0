"""The contract of every score: in range, cited, honest about what it cannot measure, never brought down by a text."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.detectors.turn import QUOTE_LIMIT, Document, Exchange, ToolCall, Turn, TurnColumns
from analytics.scores.base import Score, Scored, Unjudged
from backend.registry import discover
from tests.pace import cpu_within

SCORES = {name: plugin() for name, plugin in discover("analytics.scores", Score).items()}
every_score = pytest.mark.parametrize("score", SCORES.values(), ids=SCORES.keys())

MEGABYTE = {
    "one letter": "a" * 1_000_000,
    "blanks": " " * 1_000_000,
    "apostrophes": "'" * 1_000_000,
    "stops": ". " * 500_000,
    "commas and joints": ", and " * 160_000,
    "lines": "\n" * 1_000_000,
    "NUL": "\x00" * 1_000_000,
    "surrogates": "\ud800" * 1_000_000,
    "digits": "1,2.3:4/5%" * 100_000,
    "one word": "parcel " * 150_000,
    "words": " ".join(f"w{i * 7919 % 99991}" for i in range(160_000)),
}

texts = st.one_of(
    st.text(max_size=300),
    st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=80),  # surrogates too
    st.sampled_from(["", " ", "Thanks!", "No, that is wrong.", "Summarise it.", "[1] [2]", "What is it, and why?"]),
)
turns = st.builds(
    Turn,
    turn_id=st.just("t"), trace_id=st.just("t"), input_text=texts, output_text=texts, output_span_id=st.just("s"),
    status=st.just("ok"), error_type=st.just(""), error_message=st.just(""), error_span_id=st.just(""),
    finish_reason=st.just(""), output_tokens=st.just(0), max_tokens=st.just(0),
    tool_calls=st.lists(st.builds(ToolCall, st.just("a"), texts, st.just("s1"), texts, st.booleans()), max_size=3),
    documents=st.lists(st.builds(Document, texts, span_id=st.just("s3")), max_size=3),
    earlier=st.lists(st.builds(Exchange, texts, texts), max_size=2),
    later=st.lists(st.builds(Exchange, texts, texts), max_size=2),
)  # fmt: skip

DOCUMENT = Document("A parcel to Norway takes five working days. It costs 12 euros.", span_id="s3")


def turn(question, answer, **changes):
    """A turn with these words, changed as asked."""
    return Turn("t", "t", question, answer, "s", "ok", "", "", "", "", 0, 0, (), **changes)


def documented(answer, text=DOCUMENT.text):
    """A turn that had a document for its answer."""
    return turn("How long does a parcel to Norway take?", answer, documents=[Document(text, span_id="s3")])


def called(arguments, result):
    """A turn that asked a tool for its answer."""
    asked = turn("Where is LF-4711?", "It was sent.")
    return replace(asked, tool_calls=[ToolCall("look_up", arguments, "s1", result)])


CASES = {
    "groundedness": (
        documented("A parcel to Norway takes five working days."),
        documented("Drones land on your balcony within nineteen minutes, guaranteed by the Duke."),
        turn("How long?", "Five days."),
    ),
    "relevance": (
        turn("How long does a parcel to Norway take?", "A parcel to Norway takes five days."),
        turn("How long does a parcel to Norway take?", "I like green tea with honey."),
        turn("How long?", ""),
    ),
    "retrieval_relevance": (
        documented("Five days."),
        documented("Five days.", "Whisk the whites of four eggs until they are stiff."),
        turn("How long?", "Five days."),
    ),
    "completeness": (
        turn("How long does it take, and what does it cost?", "It takes five days and it costs 12 euros."),
        turn("How long does a parcel to Norway take?", "Whisk the eggs until they are stiff."),
        turn("", "Five days."),
    ),
    "satisfaction": (
        turn("How long?", "Five days.", later=[Exchange("Great, thank you so much!", "")]),
        turn("How long?", "Five days.", later=[Exchange("No, that is wrong. This is useless.", "")]),
        turn("", "Five days."),
    ),
    "resolution": (
        turn("Great, thank you!", "You're welcome. Have a nice day!", earlier=[Exchange("How long?", "Five days.")]),
        turn("Send it to Oslo.", "What is your address?", earlier=[Exchange("How long?", "Five days.")]),
        turn("How long?", "Five days.", later=[Exchange("Thanks!", "")]),
    ),
    "tool_correctness": (
        called('{"order_id": "LF-4711"}', '{"status": "sent"}'),
        called('{"order_id": "LF-4711"}', "Error: the order system is down"),
        turn("Where is LF-4711?", "It was sent."),
    ),
}
"""For each score a turn it finds good, one it finds bad and one it cannot measure."""


def check(subject, measured):
    """Hold an answer of a score against the contract."""
    if isinstance(measured, Unjudged):
        assert measured.reason
        return
    assert isinstance(measured, Scored)
    assert 0 <= measured.value <= 1
    assert measured.explanation.endswith(".")
    for piece in measured.evidence:
        assert len(piece.quote) <= QUOTE_LIMIT
        text = {
            "input": lambda: subject.input_text,
            "output": lambda: subject.output_text,
            "document": lambda place=piece.index: subject.documents[place].text,
            "tool_result": lambda place=piece.index: subject.tool_calls[place].result,
            "tool": lambda place=piece.index: subject.tool_calls[place].arguments,
        }[piece.field]()
        assert text[piece.start : piece.end] == piece.quote


def test_every_score_has_its_cases():
    """A new score is not done before it has a good turn, a bad one and one it cannot measure."""
    assert set(CASES) == set(SCORES)


@every_score
def test_a_score_says_what_it_is(score):
    """Name and version are set, and the docstring's first line is a question people can read."""
    first = (type(score).__doc__ or "").strip().splitlines()[0]
    assert first.endswith("?")
    assert score.version
    assert 0 < score.low < 1


@every_score
def test_a_score_tells_good_from_bad_and_abstains(score):
    """Good stands above the line below which an answer is bad, bad below it."""
    good, bad, unjudged = score.measure(TurnColumns.of(CASES[score.name]))
    assert isinstance(good, Scored)
    assert isinstance(bad, Scored)
    assert bad.value < score.low < good.value
    assert isinstance(unjudged, Unjudged)


@every_score
def test_an_empty_batch_has_no_values(score):
    """Nothing in, nothing out."""
    assert score.measure(TurnColumns.of([])) == []


@every_score
@settings(max_examples=40, deadline=None)
@given(batch=st.lists(turns, max_size=3))
def test_every_value_keeps_the_contract(score, batch):
    """One value a turn, cited word for word, whatever the texts are."""
    measured = score.measure(TurnColumns.of(batch))
    assert len(measured) == len(batch)
    for subject, one in zip(batch, measured, strict=True):
        check(subject, one)


@every_score
def test_a_value_depends_on_its_own_turn_alone(score):
    """Order and company of a batch change no value, and neither does a second run."""
    batch = [subject for case in CASES.values() for subject in case]
    once = score.measure(TurnColumns.of(batch))
    assert score.measure(TurnColumns.of(batch[::-1]))[::-1] == once


@every_score
@pytest.mark.parametrize("text", MEGABYTE.values(), ids=MEGABYTE.keys())
def test_a_hostile_megabyte_is_measured_within_three_seconds(score, text):
    """No text makes a rule backtrack or a measure grow beyond its window."""
    subject = turn(text, text, documents=[Document(text), Document(text)], later=[Exchange(text, text)])
    score.measure(TurnColumns.of(CASES[score.name]))  # loads the model, where one is needed
    with cpu_within(3):
        check(subject, score.judge(subject))
