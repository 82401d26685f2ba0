"""Texts of 20 MiB are read up to a bound, by turns, vectors and detectors, and the ledger says so."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.detectors.truncated import Truncated
from analytics.pipeline import judged
from analytics.pipeline.assemble import Assemble
from analytics.pipeline.detect import Detect
from analytics.pipeline.facts import LONGEST
from backend.store.client import Store
from backend.store.query import Query
from backend.telemetry.message import Document, Message, Part, dump
from tests.analytics.pipeline.building import put, span
from tests.pace import cpu_within

HUGE = "A word that is said again, ä. " * 650_000


@dataclass(frozen=True, slots=True)
class _Row:
    input_text: str
    output_text: str
    input_cut: int
    output_cut: int
    documents: str


@dataclass(frozen=True, slots=True)
class _Reason:
    reason: str


_ROWS = Query(
    "test_cut",
    "SELECT input_text, output_text, input_cut, output_cut, documents FROM turn FINAL"
    " WHERE project_id = {project_id:UInt32}",
    _Row,
)
_REASONS = Query(
    "test_reasons",
    "SELECT DISTINCT reason FROM ledger FINAL WHERE project_id = {project_id:UInt32}"
    " AND outcome IN ('ran', 'matched') AND reason != ''",
    _Reason,
)


def _sent(store: Store, project_id: int) -> None:
    said = dump([Message(role="user", parts=(Part(type="text", content=HUGE),))])
    call = span("t", "call", operation="chat", input_text=HUGE, output_text=HUGE, input_messages=said)
    documents = dump([Document(content=HUGE[:3_000_000])])
    put(store, project_id, [call, span("t", "find", operation="retrieval", documents=documents, input_text="q")])


def test_a_turn_holds_the_beginning_and_counts_the_rest(store: Store, project: int) -> None:
    """Characters are counted, not bytes."""
    _sent(store, project)
    Assemble().run(project, ["t"])
    row = store.fetch(_ROWS, project_id=project)[0]
    assert row.input_text == row.output_text == HUGE[:LONGEST]
    assert row.input_cut == row.output_cut == len(HUGE) - LONGEST
    assert len(row.documents) < LONGEST * 2


def test_detectors_read_that_in_seconds_and_the_ledger_says_so(store: Store, project: int) -> None:
    """None hangs on it."""
    _sent(store, project)
    Assemble().run(project, ["t"])
    with cpu_within(60):
        Detect().run(project, ["t"])
    reasons = {row.reason for row in store.fetch(_REASONS, project_id=project)}
    left = f"{len(HUGE) - LONGEST:,} characters of the"
    assert f"{left} question were not read, {left} answer were not read" in reasons


def test_an_answer_that_was_cut_for_reading_is_not_called_cut_off(store: Store, project: int) -> None:
    """Its end was not seen."""
    _sent(store, project)
    Assemble().run(project, ["t"])
    _, columns = judged.read(project, ["t"])
    verdict = Truncated().judge(columns.at(0))
    assert "too long to be read to its end" in getattr(verdict, "reason", "")
