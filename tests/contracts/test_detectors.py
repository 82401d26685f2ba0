"""The contract of every detector: cited, honest about what it cannot judge, and never brought down by a text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.detectors.base import QUOTE_LIMIT, Detector, Finding, ToolCall, Turn, TurnColumns, Unjudged
from backend.registry import discover

DETECTORS = {name: plugin() for name, plugin in discover("analytics.detectors", Detector).items()}
every_detector = pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS.keys())

LOOP = "the parcel is on its way to you " * 40
MEGABYTE = {
    "one letter": "a" * 1_000_000,
    "blanks": " " * 1_000_000,
    "apostrophes": "'" * 1_000_000,
    "negations": "I can't " * 125_000,
    "fences": "```" * 333_000,
    "opening brackets": "{" * 1_000_000,
    "marks": "\u0301" * 1_000_000,
    "lines": "\n" * 1_000_000,
    "NUL": "\x00" * 1_000_000,
    "surrogates": "\ud800" * 1_000_000,
    "digits": "1234567890" * 100_000,
    "words": " ".join(f"w{i * 7919 % 99991}" for i in range(160_000)),
}

texts = st.one_of(
    st.text(max_size=300),
    st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=80),  # surrogates too
    st.sampled_from(["", LOOP, "I can't help with that.", "...", "\x00", "Sorry, the"]),
    st.builds(lambda unit, times: unit * times, st.text(max_size=12), st.integers(0, 80)),
)
calls = st.lists(st.builds(ToolCall, st.sampled_from("ab"), texts, st.sampled_from(["s1", "s2"])), max_size=8)
turns = st.builds(
    Turn,
    turn_id=st.just("t"), trace_id=st.just("t"), input_text=texts, output_text=texts,
    output_span_id=st.sampled_from(["", "span-out"]), status=st.sampled_from(["ok", "error", "unset"]),
    error_type=texts, error_message=texts, error_span_id=st.sampled_from(["", "span-err"]),
    finish_reason=st.sampled_from(["", "stop", "length", "tool_calls", "?"]),
    output_tokens=st.integers(0, 99), max_tokens=st.sampled_from([0, 50]), tool_calls=calls,
)  # fmt: skip


def turn(output="Your parcel arrives on Monday.", **changes):
    """An ordinary turn, changed as asked."""
    usual = dict.fromkeys(Turn.__slots__, "") | {
        "input_text": "Where is my parcel?", "output_text": output, "output_span_id": "span-out",
        "status": "unset", "output_tokens": 0, "max_tokens": 0, "tool_calls": (),
    }  # fmt: skip
    return Turn(**(usual | changes))


CASES = {
    "empty": (turn(""), turn("No."), turn("", status="error")),
    "error": (turn(status="error"), turn(status="ok"), turn(status="error", output_span_id="")),
    "refusal": (turn("I can't help with that."), turn("I can help with that."), turn("")),
    "repetition": (turn(LOOP), turn(), turn("")),
    "tool_loop": (
        turn(tool_calls=[ToolCall("find", '{"id": 7}', "s1")] * 4),
        turn(tool_calls=[ToolCall("find", '{"id": 7}', "s1")] * 3),
        turn(tool_calls=[ToolCall("find", "", "s1")] * 4),
    ),
    "truncation": (turn(finish_reason="length"), turn(finish_reason="stop"), turn("")),
}
"""For each detector a turn it flags, one it passes and one it cannot judge."""


def check(subject, verdict):
    """Hold a verdict against the contract."""
    if verdict is None:
        return
    if isinstance(verdict, Unjudged):
        assert verdict.reason
        return
    assert isinstance(verdict, Finding)
    assert 0 < verdict.confidence <= 1
    assert verdict.explanation.endswith(".")
    assert "\n" not in verdict.explanation.strip() or subject.error_type
    assert verdict.evidence
    for piece in verdict.evidence:
        assert len(piece.quote) <= QUOTE_LIMIT
        sources = {
            "input": [subject.input_text], "output": [subject.output_text], "status": [subject.status_text],
            "finish_reason": [subject.finish_reason],
            "tool": [c.arguments for c in subject.tool_calls if c.span_id == piece.span_id],
        }[piece.field]  # fmt: skip
        assert any(text[piece.start : piece.end] == piece.quote for text in sources)


def test_every_detector_has_its_cases():
    """A new detector is not done before it has a turn it flags, one it passes and one it cannot judge."""
    assert set(CASES) == set(DETECTORS)


@every_detector
def test_a_detector_says_what_it_is(detector):
    """Name, version and severity are set, and the docstring's first line is a sentence."""
    first = (type(detector).__doc__ or "").strip().splitlines()[0]
    assert first.endswith(".")
    assert len(first) > 30
    assert detector.version
    assert detector.severity in {"low", "medium", "high"}


@every_detector
def test_a_detector_flags_passes_and_abstains(detector):
    """The three possible verdicts each happen."""
    flagged, passed, unjudged = detector.detect(TurnColumns.of(CASES[detector.name]))
    assert isinstance(flagged, Finding)
    assert passed is None
    assert isinstance(unjudged, Unjudged)


@every_detector
def test_an_empty_batch_has_no_verdicts(detector):
    """Nothing in, nothing out."""
    assert detector.detect(TurnColumns.of([])) == []


@every_detector
@settings(max_examples=60, deadline=None)
@given(batch=st.lists(turns, max_size=4))
def test_every_verdict_keeps_the_contract(detector, batch):
    """One verdict a turn, cited word for word, whatever the texts are."""
    verdicts = detector.detect(TurnColumns.of(batch))
    assert len(verdicts) == len(batch)
    for subject, verdict in zip(batch, verdicts, strict=True):
        check(subject, verdict)


@every_detector
def test_a_verdict_depends_on_its_own_turn_alone(detector):
    """Order and company of a batch change no verdict, and neither does a second run."""
    batch = [subject for case in CASES.values() for subject in case]
    once = detector.detect(TurnColumns.of(batch))
    assert detector.detect(TurnColumns.of(batch)) == once
    assert detector.detect(TurnColumns.of(batch[::-1]))[::-1] == once
    assert [detector.detect(TurnColumns.of([subject]))[0] for subject in batch] == once


@every_detector
@pytest.mark.parametrize("text", MEGABYTE.values(), ids=MEGABYTE.keys())
def test_a_hostile_megabyte_is_judged_within_two_seconds(detector, text):
    """No text makes a rule backtrack or a measure grow beyond its window."""
    subject = turn(
        text, input_text=text, error_message=text, status="error", tool_calls=[ToolCall("find", text, "s1")] * 4
    )
    start = time.process_time()
    (verdict,) = detector.detect(TurnColumns.of([subject]))
    assert time.process_time() - start < 2
    check(subject, verdict)
