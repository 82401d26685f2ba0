"""Conversations are cut where the user speaks again, and evidence finds its way back to their messages."""

from __future__ import annotations

import json
from typing import Any

from analytics.detectors.turn import SEEN
from analytics.offline.exchanges import Placed, placed
from analytics.offline.record import record_of


def _placed(*turns: dict[str, Any]) -> list[Placed]:
    return placed(record_of(json.dumps({"id": "c", "turns": turns}).encode(), 1))


def _m(role: str, content: str | None = "", **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def test_an_exchange_ends_where_the_user_speaks_again() -> None:
    """Two messages in a row are one question; each turn knows those around it."""
    turns = _placed(_m("user", "a"), _m("user", "b"), _m("assistant", "c"), _m("user", "d"), _m("assistant", "e"))
    assert [(one.turn.input_text, one.turn.output_text) for one in turns] == [("a\n\nb", "c"), ("d", "e")]
    assert turns[1].turn.earlier[0].user == "a\n\nb"
    assert turns[0].turn.later[0].assistant == "e"


def test_a_greeting_of_the_assistant_is_an_exchange_without_a_question() -> None:
    """Many assistants speak first."""
    first, second = _placed(_m("assistant", "Welcome"), _m("user", "Hi"))
    assert (first.turn.input_text, first.turn.output_text) == ("", "Welcome")
    assert (second.turn.input_text, second.spoken.is_answered) == ("Hi", False)


def test_results_go_to_the_calls_they_answer() -> None:
    """By id, whatever the order; a result that nothing asked for keeps a place of its own."""
    (one,) = _placed(
        _m("user", "q"),
        _m("assistant", None, tool_calls=[{"id": "1", "name": "f", "arguments": {}}, {"id": "2", "name": "g"}]),
        _m("tool", "of g", tool_call_id="2"),
        _m("tool", "of f", tool_call_id="1"),
        _m("tool", "of nobody", tool_call_id="9", name="h"),
        _m("assistant", "done"),
    )
    assert [(call.name, call.result) for call in one.turn.tool_calls] == [
        ("f", "of f"), ("g", "of g"), ("h", "of nobody"),
    ]  # fmt: skip
    assert one.spans([one.turn.cite_result(0, 3, 4)]) == [{"turn": 3, "start": 3, "end": 4, "source": "tool"}]
    assert one.spans([one.turn.cite_call(one.turn.tool_calls[0])])[0]["turn"] == 1


def test_results_of_earlier_exchanges_are_seen_again() -> None:
    """The newest ones, oldest first; those of the exchange itself are with its calls."""
    called = [
        message
        for place in range(SEEN + 1)
        for message in (
            _m("user", f"q{place}"),
            _m("assistant", None, tool_calls=[{"id": f"{place}", "name": "f", "arguments": {}}]),
            _m("tool", f"r{place}", tool_call_id=f"{place}"),
        )
    ]
    turns = _placed(*called, _m("user", "and now?"), _m("assistant", "done"))
    assert list(turns[0].turn.seen) == []
    assert list(turns[1].turn.seen) == ["r0"]
    assert list(turns[-1].turn.seen) == [f"r{place}" for place in range(1, SEEN + 1)]


def test_evidence_over_two_messages_is_two_spans() -> None:
    """Offsets count in each message's own text."""
    (one,) = _placed(_m("user", "abc"), _m("user", "defg"), _m("assistant", "x"))
    assert one.spans([one.turn.cite("input", 1, 7)]) == [
        {"turn": 0, "start": 1, "end": 3, "source": "user"},
        {"turn": 1, "start": 0, "end": 2, "source": "user"},
    ]


def test_a_last_silence_is_the_answer() -> None:
    """Whatever the agent said on its way, in the end the user got nothing."""
    (one,) = _placed(_m("user", "q"), _m("assistant", "I will look"), _m("assistant", ""))
    assert one.turn.output_text == ""
    assert one.spans([one.turn.cite("output")]) == [{"turn": 2, "start": 0, "end": 0, "source": "answer"}]


def test_a_record_of_a_system_prompt_alone_has_one_turn() -> None:
    """With all scores, each record has its line."""
    assert len(_placed(_m("system", "Be kind"))) == 1


def test_documents_are_cited_by_number() -> None:
    """Beside the offsets in the document's own text."""
    line = {"id": "r", "kind": "rag", "question": "q", "context": ["zero", "one"], "response": "a"}
    (one,) = placed(record_of(json.dumps(line).encode(), 1))
    assert one.spans([one.turn.cite_document(1, 0, 3)]) == [
        {"turn": 0, "start": 0, "end": 3, "document": 1, "source": "document"}
    ]
