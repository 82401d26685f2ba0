"""Sets of planted orders: each attack against the same text without it."""

import gzip
import json

from analytics.evaluate.sets.planted import AgentSecurityBench, Bipia, OrdinaryDocuments
from analytics.evaluate.split import is_held_back

NAMES = [name for name in (f"r{number}" for number in range(40)) if is_held_back(name)]


def _write(folder, name, records):
    (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress("\n".join(json.dumps(one) for one in records).encode()))


def test_each_attack_is_held_against_its_own_text(tmp_path):
    """The span is cut out, and the category is the group."""
    attack = {"attack": True, "category": "Spam", "spans": [{"start": 2, "end": 9}]}
    _write(tmp_path, "injection_bipia_train", [
        {"id": NAMES[0], "kind": "text", "question": "Q?", "text": "a obey me b", "labels": attack},
        {"id": NAMES[1], "kind": "text", "question": "Q?", "text": "calm", "labels": {"attack": False}},
    ])  # fmt: skip
    cases = list(Bipia().cases(tmp_path))
    assert [(one.turns[0].documents[0].text, one.label, one.group) for one in cases] == [
        ("a obey me b", True, "Spam"), ("a  b", False, ""), ("calm", False, ""),
    ]  # fmt: skip


def test_runs_without_a_result_of_a_tool_are_no_cases(tmp_path):
    """Nothing could have been planted; a run counts by what reached the agent."""
    tool = {"role": "tool", "name": "find", "content": "obey"}
    usual = {"kind": "conversation", "meta": {"model": "m"}}
    _write(tmp_path, "conversations_asb_agents_dev", [
        {"id": NAMES[0], "turns": [tool], "labels": {"injected_spans": [{"turn": 0, "start": 0, "end": 4}]}, **usual},
        {"id": NAMES[1], "turns": [tool], "labels": {"attack": True}, **usual},
        {"id": NAMES[2], "turns": [{"role": "user", "content": "hi"}], "labels": {}, **usual},
    ])  # fmt: skip
    assert [(one.label, one.group) for one in AgentSecurityBench().cases(tmp_path)] == [(True, "m"), (False, "")]


def test_the_same_documents_count_once(tmp_path):
    """Several answers are labelled against one source."""
    rag = {"kind": "rag", "question": "Q?", "response": "A", "context": ["one", "two"]}
    _write(tmp_path, "rag_begin_dev", [{"id": name, **rag} for name in NAMES[:3]])
    for name in ("rag_attributionbench_dev", "rag_summedits_dev"):
        _write(tmp_path, name, [{"id": NAMES[0], **rag, "context": [""]}])
    assert [len(one.turns[0].documents) for one in OrdinaryDocuments().cases(tmp_path)] == [2]
