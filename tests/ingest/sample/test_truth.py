"""The recorded ground truth covers every turn and every kind of fault."""

from __future__ import annotations

from pathlib import Path

from ingest.sample.play import span_id
from ingest.sample.script import Conversation, Kind
from ingest.sample.texts import shop
from ingest.sample.truth import read_truth, truths, write_truth


def test_each_turn_has_one_line(month: list[Conversation], tmp_path: Path) -> None:
    """Keyed by trace and root span, in the order of the plan."""
    path = tmp_path / "deep" / "truth.jsonl"
    assert write_truth(month, path) == len(read_truth(path))
    told = [(line.trace_id, line.root_span_id, line.conversation_id, line.turn) for line in read_truth(path)]
    planned = [
        (turn.trace_id, span_id(turn.trace_id, 0), talk.id, turn.number) for talk in month for turn in talk.turns
    ]
    assert told == planned


def test_each_kind_of_fault_is_told(month: list[Conversation]) -> None:
    """A detector of any kind finds what to be measured by."""
    assert {fault.kind for line in truths(month) for fault in line.faults} == {kind.value for kind in Kind}


def test_attacks_have_no_want(month: list[Conversation]) -> None:
    """They belong to no topic of the shop; every other turn does."""
    for line in truths(month):
        attack = any(fault.kind == Kind.JAILBREAK for fault in line.faults)
        assert (line.want == "") == attack
        assert attack or line.want_name == shop().wants[line.want].name


def test_lines_can_be_added(month: list[Conversation], tmp_path: Path) -> None:
    """Live play goes on where the month ended; a second month replaces the first."""
    path = tmp_path / "truth.jsonl"
    write_truth(month[:2], path)
    write_truth(month[2:3], path, append=True)
    assert [line.conversation_id for line in read_truth(path)] == [talk.id for talk in month[:3] for _ in talk.turns]
    write_truth(month[:1], path)
    assert {line.conversation_id for line in read_truth(path)} == {month[0].id}
