"""Playing a plan through the SDK: what arrives is what was planned, and a refusal is loud."""

from __future__ import annotations

from typing import Any

import pytest

from backend.telemetry import semconv
from ingest.sample.play import BATCH_SPANS, SampleRefused, play, span_id
from ingest.sample.script import Conversation, Kind

Key = tuple[str, str]


def _planned(conversations: list[Conversation]) -> dict[Key, tuple[str, int, int]]:
    spans: dict[Key, tuple[str, int, int]] = {}
    for conversation in conversations:
        for turn in conversation.turns:
            top = span_id(turn.trace_id, 0)
            spans[turn.trace_id, top] = ("", turn.started_ns, turn.ended_ns)
            for number, step in enumerate(turn.steps, start=1):
                spans[turn.trace_id, span_id(turn.trace_id, number)] = (top, step.started_ns, step.ended_ns)
    return spans


def _arrived(capture: Any) -> dict[Key, tuple[str, int, int]]:
    return {
        (span.trace_id.hex(), span.span_id.hex()): (
            span.parent_span_id.hex(),
            span.start_time_unix_nano,
            span.end_time_unix_nano,
        )
        for _, span in capture.spans()
    }


@pytest.fixture(scope="session")
def few(month: list[Conversation]) -> list[Conversation]:
    """Some of the month, with everything in it that fails."""
    return [talk for at, talk in enumerate(month) if at % 20 == 0 or _fails(talk)]


def _fails(talk: Conversation) -> bool:
    return any(fault.kind in {Kind.OUTAGE, Kind.TOOL_ERROR} for turn in talk.turns for fault in turn.faults)


def test_exactly_the_planned_spans_arrive(few: list[Conversation], capture: Any) -> None:
    """Ids, parents and times are the plan's, nothing is missing and nothing comes twice."""
    sent = play(few, capture.url, "sk-test")
    assert _arrived(capture) == _planned(few)
    assert sent == len(capture.spans()) == len(_planned(few))


def test_playing_again_sends_the_same_spans(few: list[Conversation], capture: Any) -> None:
    """Byte by byte, resources included, so that a store that replaces by id stays as it is."""
    play(few, capture.url, "sk-test")
    first = [request.SerializeToString(deterministic=True) for request in capture.requests]
    capture.requests.clear()
    play(few, capture.url, "sk-test")
    assert [request.SerializeToString(deterministic=True) for request in capture.requests] == first


def test_the_key_travels_as_bearer_to_the_traces_path(few: list[Conversation], capture: Any) -> None:
    """As the documentation tells every SDK to do it, compressed and in batches."""
    play(few, f"{capture.url}/", "sk-test")
    assert {headers["authorization"] for headers in capture.headers} == {"Bearer sk-test"}
    assert set(capture.paths) == {"/v1/traces"}
    assert {headers["content-encoding"] for headers in capture.headers} == {"gzip"}
    assert len(capture.requests) == -(-len(capture.spans()) // BATCH_SPANS)


def test_environment_and_release_stand_on_the_resource(few: list[Conversation], capture: Any) -> None:
    """Each trace comes from the environment and the release of its conversation."""
    play(few, capture.url, "sk-test")
    planned = {
        turn.trace_id: (conversation.environment, conversation.release)
        for conversation in few
        for turn in conversation.turns
    }
    for resource, span in capture.spans():
        told = (resource[semconv.DEPLOYMENT_ENVIRONMENT_NAME], resource[semconv.SERVICE_VERSION])
        assert told == planned[span.trace_id.hex()]
        assert resource[semconv.SERVICE_NAME] == "larkfell-support"


def test_failures_have_status_type_and_exception(few: list[Conversation], capture: Any) -> None:
    """A failed step is an error with an exception event at its end, and no other span is."""
    play(few, capture.url, "sk-test")
    failed = {
        span_id(turn.trace_id, number): step.failure
        for conversation in few
        for turn in conversation.turns
        for number, step in enumerate(turn.steps, start=1)
        if step.failure
    }
    roots = {span_id(t.trace_id, 0): t.failure for talk in few for t in talk.turns if t.failure}
    assert failed
    for _, span in capture.spans():
        failure = {**failed, **roots}.get(span.span_id.hex())
        assert (span.status.code == 2) == (failure is not None)
        if failure:
            told = {item.key: item.value.string_value for item in span.attributes}
            assert told[semconv.ERROR_TYPE] == failure.error_type
            assert [event.name for event in span.events] == [semconv.EXCEPTION_EVENT]
            assert span.events[0].time_unix_nano == span.end_time_unix_nano


def test_progress_counts_to_the_end(few: list[Conversation], capture: Any) -> None:
    """Somebody who waits sees how far it is."""
    told: list[tuple[int, int]] = []
    play(few, capture.url, "sk-test", lambda done, total: told.append((done, total)))
    assert told == [(number, len(few)) for number in range(1, len(few) + 1)]


def test_a_refusal_is_an_error_that_says_why(few: list[Conversation], capture: Any) -> None:
    """A wrong key stops the play at the first batch, with the address and the server's reason."""
    capture.status = 401
    with pytest.raises(SampleRefused, match=r"/v1/traces did not take \d+ spans after 0 others: .*401"):
        play(few, capture.url, "sk-wrong")
    assert len(capture.headers) == 1


def test_nobody_listening_is_an_error(few: list[Conversation], monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed port is told, and not waited for without end."""
    monkeypatch.setattr("ingest.sample.play._TIMEOUT_S", 0.3)
    with pytest.raises(SampleRefused, match="did not take"):
        play(few[:1], "http://127.0.0.1:9", "sk-test")
