"""Files of other tools: each form is known by itself, read whole, and can be read again."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from backend.store.client import Store
from backend.store.query import Query
from ingest.imports.records import form_of, forms
from tests.conftest import Cast
from tests.ingest.rows import request


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    operation: str
    input_text: str
    output_text: str
    conversation_id: str
    user_id: str
    tokens: int


@dataclass(frozen=True, slots=True)
class _Judged:
    name: str
    value: float | None
    label: str


_SPANS = Query(
    "test_imported_spans",
    "SELECT name, operation, input_text, output_text, conversation_id, user_id,"
    " toInt64(uncached_input_tokens + cached_input_tokens) AS tokens FROM span FINAL"
    " WHERE project_id = {project_id:UInt32} ORDER BY start_time, span_id",
    _Row,
)
_SCORES = Query(
    "test_imported_scores",
    "SELECT name, value, label FROM score FINAL WHERE project_id = {project_id:UInt32} ORDER BY name",
    _Judged,
)
_START, _END = "2026-11-22T17:00:00Z", "2026-11-22T17:00:02Z"

LANGFUSE = {
    "id": "lf-trace", "timestamp": _START, "name": "chat-turn", "sessionId": "c1", "userId": "u1", "tags": ["rag"],
    "input": '"where?"', "output": "here", "observations": [
        {"id": "lf-gen", "type": "GENERATION", "name": "answer", "startTime": "2026-11-22T17:00:00.500Z",
         "endTime": _END, "input": '[{"role": "user", "content": "where?"}]', "output": "here",
         "providedModelName": "gpt-4o-mini", "usageDetails": {"input": 7, "output": 2}},
    ], "scores": [{"id": "s1", "name": "good", "value": 1, "dataType": "NUMERIC"}],
}  # fmt: skip
LANGSMITH = {
    "id": "ls-root", "run_type": "chain", "name": "turn", "start_time": _START, "end_time": _END,
    "inputs": {"input": "where?"}, "outputs": {"output": "here"},
    "extra": {"metadata": {"thread_id": "c1", "user_id": "u1"}},
    "child_runs": [{"id": "ls-llm", "run_type": "llm", "name": "answer", "start_time": "2026-11-22T17:00:01Z",
                    "end_time": _END, "inputs": {"messages": [{"role": "user", "content": "where?"}]},
                    "outputs": {"choices": [{"message": {"role": "assistant", "content": "here"}}],
                                "usage": {"prompt_tokens": 7, "completion_tokens": 2}}}],
}  # fmt: skip
PHOENIX = {
    "name": "answer", "context": {"trace_id": "a" * 32, "span_id": "b" * 16}, "span_kind": "LLM", "parent_id": None,
    "start_time": _START, "end_time": _END, "status_code": "OK", "status_message": "", "events": [],
    "attributes": {"session": {"id": "c1"}, "user.id": "u1", "llm": {
        "model_name": "gpt-4o-mini", "token_count": {"prompt": 7, "completion": 2},
        "input_messages": [{"message": {"role": "user", "content": "where?"}}],
        "output_messages": [{"message": {"role": "assistant", "content": "here"}}]}},
}  # fmt: skip
FRAME = {
    "name": "answer", "span_kind": "LLM", "parent_id": None, "start_time": _START, "end_time": _END,
    "status_code": "OK", "context.trace_id": "a" * 32, "context.span_id": "b" * 16,
    "attributes.session.id": "c1", "attributes.user.id": "u1", "attributes.llm.token_count.prompt": 7,
    "attributes.llm.input_messages": [{"message.role": "user", "message.content": "where?"}],
    "attributes.llm.output_messages": [{"message.role": "assistant", "message.content": "here"}],
}  # fmt: skip
EVENT = {
    "type": "span", "trace_id": "t", "span_id": "s", "name": "answer", "operation": "chat", "start_time": _START,
    "end_time": _END, "input": "where?", "output": "here", "conversation_id": "c1", "user_id": "u1", "input_tokens": 7,
}  # fmt: skip


def _import(file: Path, *options: str) -> str:
    out = StringIO()
    call_command("import", str(file), "--project", "acme", *options, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "record"),
    [("langfuse", LANGFUSE), ("langfuse", {"trace": {k: v for k, v in LANGFUSE.items() if k != "observations"},
                                          "observations": LANGFUSE["observations"]}),
     ("langsmith", LANGSMITH), ("phoenix", PHOENIX), ("phoenix", FRAME), ("events", EVENT)],
    ids=["langfuse", "langfuse wrapped", "langsmith", "phoenix", "phoenix frame", "events"],
)  # fmt: skip
@pytest.mark.parametrize("how", ["lines", "list", "object", "gzip"])
def test_an_export_comes_in_whole_and_once(
    store: Store, cast: Cast, tmp_path: Path, form: str, record: dict[str, Any], how: str
) -> None:
    """However it is laid out; imported twice it is there once, with content, numbers, conversation and user."""
    text = json.dumps(record)
    texts = {
        "lines": f"{text}\n",
        "list": f"[{text}]",
        "object": json.dumps({"data": [record]}, indent=1),
        "gzip": text,
    }
    file = tmp_path / "export.json"
    file.write_bytes(gzip.compress(text.encode()) if how == "gzip" else texts[how].encode())
    assert form_of(file) == form
    for _ in range(2):
        assert f"1 records of {form}" in _import(file)
    spans = store.fetch(_SPANS, project_id=cast.project.pk)
    answers = [span for span in spans if span.operation == "chat"]
    assert [(one.input_text, one.output_text, one.tokens) for one in answers] == [("where?", "here", 7)]
    assert {(one.conversation_id, one.user_id) for one in spans} == {("c1", "u1")}
    assert len(spans) == (2 if form in {"langfuse", "langsmith"} else 1)
    if form == "langfuse" and "scores" in record:
        assert store.fetch(_SCORES, project_id=cast.project.pk) == [_Judged("good", 1.0, "")]


def test_parts_of_a_langfuse_export_may_stand_in_several_files(store: Store, cast: Cast, tmp_path: Path) -> None:
    """As its export to an object store writes them, with underscores; in any order."""
    observation = {**LANGFUSE["observations"][0], "trace_id": "lf-trace"}  # type: ignore[index]
    observation["start_time"] = observation.pop("startTime")
    trace = {name: value for name, value in LANGFUSE.items() if name not in {"observations", "scores"}}
    score = {"id": "s1", "trace_id": "lf-trace", "name": "tone", "string_value": "kind", "data_type": "CATEGORICAL"}
    for number, record in enumerate((observation, score, trace)):
        file = tmp_path / f"{number}.jsonl"
        file.write_text(json.dumps(record))
        _import(file)
    spans = store.fetch(_SPANS, project_id=cast.project.pk)
    assert [(span.name, span.conversation_id) for span in spans] == [("chat-turn", "c1"), ("answer", "c1")]
    assert store.fetch(_SCORES, project_id=cast.project.pk) == [_Judged("tone", None, "kind")]


@pytest.mark.parametrize("how", ["one", "many", "json"])
def test_an_otlp_dump_comes_in(store: Store, cast: Cast, tmp_path: Path, how: str) -> None:
    """One request as it was sent, or what the Collector's file exporter wrote in protobuf or JSON."""
    bodies = [request(3, trace=1)] if how == "one" else [request(3, trace=trace) for trace in (1, 2)]
    file = tmp_path / "dump"
    if how == "json":
        span = {"traceId": "a" * 32, "name": "x", "startTimeUnixNano": str(1_795_000_000 * 10**9)}
        lines = [{"resourceSpans": [{"scopeSpans": [{"spans": [{**span, "spanId": f"{n:016x}"}]}]}]} for n in (1, 2, 3)]
        file.write_text("\n".join(json.dumps(line) for line in lines))
    elif how == "one":
        file.write_bytes(bodies[0])
    else:
        file.write_bytes(b"".join(len(body).to_bytes(4, "big") + body for body in bodies))
    assert form_of(file) == ("otlp" if how == "json" else "otlp-protobuf")
    _import(file)
    assert len(store.fetch(_SPANS, project_id=cast.project.pk)) == (6 if how == "many" else 3)


def test_an_annotation_of_phoenix_is_a_score(store: Store, cast: Cast, tmp_path: Path) -> None:
    """With its label and number."""
    told = {"id": "a1", "span_id": "b" * 16, "name": "correct", "annotator_kind": "HUMAN",
            "result": {"label": "yes", "score": 1, "explanation": "right"}, "created_at": _START}  # fmt: skip
    file = tmp_path / "annotations.jsonl"
    file.write_text(json.dumps(told))
    _import(file)
    assert store.fetch(_SCORES, project_id=cast.project.pk) == [_Judged("correct", 1.0, "yes")]


@pytest.mark.parametrize("form", [*forms()])
@pytest.mark.parametrize(
    "record", [b"", b"{}", b"[]", b"7", b"{", b'{"id": {}}', b'{"trace": 3}', b"\xff\xfe", b"null"]
)
def test_a_broken_record_is_passed_over_with_its_reason(
    store: Store, cast: Cast, tmp_path: Path, form: str, record: bytes
) -> None:
    """Whatever the form, the good ones behind it are imported."""
    if form == "otlp-protobuf":
        pytest.skip("its records are no lines")
    good = {"langfuse": LANGFUSE, "langsmith": LANGSMITH, "phoenix": PHOENIX, "events": EVENT,
            "otlp": {"resourceSpans": []}}[form]  # fmt: skip
    file = tmp_path / "some.jsonl"
    file.write_bytes(json.dumps(good).encode() + b"\n" + record + b"\n" + json.dumps(good).encode() + b"\n")
    said = _import(file, "--form", form)
    assert f"2 records of {form}" in said or (form == "otlp" and "records" in said)


def test_a_cut_dump_is_said_and_what_stands_before_it_is_kept(store: Store, cast: Cast, tmp_path: Path) -> None:
    """The last message is half there."""
    file = tmp_path / "dump"
    body = request(1)
    file.write_bytes(len(body).to_bytes(4, "big") + body + len(body).to_bytes(4, "big") + body[:10])
    with pytest.raises(CommandError, match="middle of message 2"):
        _import(file)
    assert len(store.fetch(_SPANS, project_id=cast.project.pk)) == 1
