"""What is changed in a request and what is not: documents wherever they stand, prompts by version, system messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analytics.replay.changes import apply, read_change, stands_in
from analytics.replay.recorded import read
from analytics.replay.template import values_in
from backend.errors import BadRequest
from backend.prompts.versions import NewVersion, add_version
from backend.store.client import Store
from backend.telemetry.message import Message, Part, text_of
from tests.analytics.replay.conftest import QUESTION, RIGHT, RULES, WRONG, record, said
from tests.conftest import Cast

OTHER = 'Letters take "one" day.'


def _changed(cast: Cast, turn_id: str, kind: str, **change: Any) -> Any:
    recorded = read(cast.project.pk, turn_id)
    return apply(cast.project, recorded, kind, read_change(kind, change))


def _system(found: Any) -> str:
    return text_of(found.messages[0])


@pytest.mark.parametrize(
    ("kind", "change", "after", "documents"),
    [
        ("drop", {"document": 0}, ["", RIGHT], [RIGHT]),
        ("swap", {"document": 0, "text": OTHER}, [OTHER, RIGHT], [OTHER, RIGHT]),
        ("first", {"document": 1}, [RIGHT, WRONG], [RIGHT, WRONG]),
        ("add", {"text": OTHER}, [WRONG, RIGHT, OTHER], [OTHER, WRONG, RIGHT]),
    ],
)
def test_a_document_is_changed_in_the_request_and_in_the_turn(
    store: Store, cast: Cast, turn_id: str, kind: str, change: dict[str, Any], after: list[str], documents: list[str]
) -> None:
    """So that the answer is judged by what the model saw; everything else stays."""
    found = _changed(cast, turn_id, kind, **change)
    assert _system(found).split("\n\n") == [RULES, *after]
    assert [one.text for one in found.turn.documents] == documents
    assert found.turn.system_text == _system(found)
    assert text_of(found.messages[1]) == QUESTION


@pytest.mark.parametrize("as_text", [False, True])
def test_a_document_in_a_tools_result_is_changed_too(store: Store, cast: Cast, as_text: bool) -> None:
    """As JSON, or as text that holds JSON, which stays JSON; what the assistant said of it stays."""
    response: Any = {"hits": [WRONG, RIGHT]}
    told = Part(type="tool_call_response", id="c", response=json.dumps(response) if as_text else response)
    quoted = said("assistant", f"I found: {RIGHT}")
    messages = [said("system", RULES), said("user", QUESTION), quoted, Message(role="tool", parts=(told,))]
    turn_id = record(store, cast.project.pk, messages=messages)
    found = _changed(cast, turn_id, "swap", document=1, text=OTHER)
    after = found.messages[3].parts[0].response
    assert (json.loads(after) if as_text else after) == {"hits": [WRONG, OTHER]}
    assert found.messages[2] == quoted


@pytest.mark.parametrize("embedded", [json.dumps([RIGHT]), json.dumps([RIGHT], ensure_ascii=True)])
def test_a_document_in_json_inside_words_keeps_its_escapes(store: Store, cast: Cast, embedded: str) -> None:
    """Quotes of the new text too."""
    messages = [said("system", f"Documents: {embedded} End."), said("user", QUESTION)]
    turn_id = record(store, cast.project.pk, messages=messages, documents=[RIGHT])
    found = _changed(cast, turn_id, "swap", document=0, text=OTHER)
    assert json.loads(_system(found).removeprefix("Documents: ").removesuffix(" End.")) == [OTHER]


@pytest.mark.parametrize(
    ("documents", "kind", "change", "why"),
    [
        ([WRONG, RIGHT], "first", {"document": 0}, "first already"),
        ([WRONG, WRONG, RIGHT], "first", {"document": 2}, "same text"),
        (["yes", RIGHT], "drop", {"document": 0}, "does not stand word for word"),
        ([WRONG], "drop", {"document": -1}, "the turn has 1"),
    ],
)
def test_what_cannot_be_told_apart_is_not_changed(
    store: Store, cast: Cast, documents: list[str], kind: str, change: dict[str, Any], why: str
) -> None:
    """A short document could be any word."""
    turn_id = record(store, cast.project.pk, documents=documents)
    with pytest.raises(BadRequest, match=why):
        _changed(cast, turn_id, kind, **change)


def test_a_document_that_the_request_words_otherwise_cannot_be_changed(store: Store, cast: Cast) -> None:
    """It is said which can."""
    messages = [said("system", RULES, RIGHT, "Bicycles: every spring."), said("user", QUESTION)]
    turn_id = record(store, cast.project.pk, messages=messages)
    assert stands_in(read(cast.project.pk, turn_id)) == [False, True]
    with pytest.raises(BadRequest, match="document 1 does not stand word for word"):
        _changed(cast, turn_id, "swap", document=0, text=OTHER)


def test_another_system_message_takes_the_place_of_all_at_the_beginning(store: Store, cast: Cast) -> None:
    """The same one is no change."""
    messages = [said("system", RULES), said("developer", "Be brief."), said("user", QUESTION)]
    turn_id = record(store, cast.project.pk, messages=messages)
    found = _changed(cast, turn_id, "system", text="Answer in one line.")
    assert [(one.role, text_of(one)) for one in found.messages] == [
        ("system", "Answer in one line."),
        ("user", QUESTION),
    ]
    turn_id = record(store, cast.project.pk, "r2", messages=[said("system", RULES), said("user", QUESTION)])
    with pytest.raises(BadRequest, match="nothing would change"):
        _changed(cast, turn_id, "system", text=RULES)


def _versions(cast: Cast, *contents: Any, kind: str = "text") -> None:
    for content in contents:
        add_version(cast.project, NewVersion(name="support", kind=kind, content=content))


SENT = "You help {{ shop }}. Documents: {{documents}}"
NEXT = "You work for {{shop}} and say so. {{documents}}"


@pytest.mark.parametrize("kind", ["text", "chat"])
def test_another_version_is_filled_in_as_the_recorded_one_was(store: Store, cast: Cast, kind: str) -> None:
    """What was filled in is read back from the request."""
    contents = [SENT, NEXT] if kind == "text" else [[{"role": "system", "content": one}] for one in (SENT, NEXT)]
    _versions(cast, *contents, kind=kind)
    messages = [said("system", f"You help Lark & Co. Documents: {WRONG}"), said("user", QUESTION)]
    shared = {"messages": messages, "prompt_name": "support", "prompt_version": "1"}
    turn_id = record(store, cast.project.pk, **shared)
    found = _changed(cast, turn_id, "prompt", name="support", version=2)
    assert _system(found) == f"You work for Lark & Co and say so. {WRONG}"
    with pytest.raises(BadRequest, match="nothing would change"):
        _changed(cast, turn_id, "prompt", name="support", version=1)


@pytest.mark.parametrize(
    ("contents", "sent", "why"),
    [
        ([SENT, "Hello {{name}}, {{ shop }}."], {"prompt_name": "support", "prompt_version": "1"}, "name of version 2"),
        (
            ["Something else.", RULES],
            {"prompt_name": "support", "prompt_version": "1"},
            "does not stand in the request",
        ),
        ([SENT, RULES], {}, "is not known to the project"),
    ],
)
def test_a_version_that_cannot_be_filled_in_is_refused(
    store: Store, cast: Cast, contents: list[str], sent: dict[str, str], why: str
) -> None:
    """The system message can be changed by hand instead."""
    _versions(cast, *contents)
    messages = [said("system", f"You help Lark. Documents: {WRONG}"), said("user", QUESTION)]
    turn_id = record(store, cast.project.pk, messages=messages, **sent)
    with pytest.raises(BadRequest, match=f"{why}.*; change the system message instead"):
        _changed(cast, turn_id, "prompt", name="support", version=2)


@pytest.mark.parametrize(
    ("template", "text", "values"),
    [
        ("Hi {{a}}.", "Hi Ada.", {"a": "Ada"}),
        ("{{a}}", "", {"a": ""}),
        ("{{a}}-{{a}}", "x-x", {"a": "x"}),
        ("{{a}}-{{a}}", "x-y", None),
        ("No places", "No places", {}),
        ("No places", "Others", None),
        ("Hi {{a}}. Bye", "Hi Ada", None),
        ("{{a}} {{b}}", "x" * 50_000 + " {{a}}", {"a": "x" * 50_000, "b": "{{a}}"}),
    ],
)
def test_values_are_read_back_or_not_at_all(template: str, text: str, values: dict[str, str] | None) -> None:
    """Filled in again they give the text."""
    assert values_in(template, text) == values
