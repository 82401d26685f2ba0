"""Prompts as Langfuse's SDKs use them: numbered, labelled, and never another project's."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.ingest.apis.conftest import Program

TEXT = {
    "name": "rag/answer",
    "type": "text",
    "prompt": "Answer {{question}}",
    "labels": ["production"],
    "tags": ["rag"],
}
CHAT = {
    "name": "chat",
    "type": "chat",
    "prompt": [{"role": "system", "content": "Be {{mood}}"}],
    "config": {"model": "m"},
}


def test_versions_count_up_and_labels_move(program: Program) -> None:
    """The newest is `latest`; a label leaves the version that it pointed to."""
    assert program.told("POST", "v2/prompts", TEXT)["version"] == 1
    second = program.told("POST", "v2/prompts", {**TEXT, "prompt": "Answer well", "labels": ["staging"]})
    assert (second["version"], second["labels"]) == (2, ["staging", "latest"])
    assert program.told("GET", "v2/prompts/rag/answer")["version"] == 1
    assert program.told("GET", "v2/prompts/rag%252Fanswer", label="latest")["prompt"] == "Answer well"
    assert program.told("GET", "v2/prompts/rag/answer", version=2)["labels"] == ["staging", "latest"]
    moved = program.told("PATCH", "v2/prompts/rag/answer/versions/2", {"newLabels": ["production"]})
    assert moved["labels"] == ["production", "staging", "latest"]
    assert program.told("GET", "v2/prompts/rag/answer")["version"] == 2
    assert program.told("GET", "v2/prompts/rag/answer", version=1)["labels"] == []


def test_messages_are_kept_as_they_are(program: Program) -> None:
    """With the config that stands beside them."""
    program.told("POST", "v2/prompts", {**CHAT, "labels": ["production"]})
    found = program.told("GET", "v2/prompts/chat")
    assert (found["type"], found["prompt"], found["config"]) == ("chat", CHAT["prompt"], {"model": "m"})
    assert found["tags"] == []


def test_prompts_are_listed_by_name_label_and_tag(program: Program) -> None:
    """Each with all its versions."""
    for one in (TEXT, {**TEXT, "labels": []}, CHAT):
        program.told("POST", "v2/prompts", one)
    whole = program.told("GET", "v2/prompts")
    assert whole["meta"] == {"page": 1, "limit": 10, "totalItems": 2, "totalPages": 1}
    assert [(one["name"], one["versions"]) for one in whole["data"]] == [("chat", [1]), ("rag/answer", [1, 2])]
    for query in ({"name": "rag/answer"}, {"label": "production"}, {"tag": "rag"}):
        assert [one["name"] for one in program.told("GET", "v2/prompts", **query)["data"]] == ["rag/answer"]


def test_a_prompt_within_a_prompt_is_put_in(program: Program) -> None:
    """By its label or version; asked not to be resolved, it stays a reference."""
    footer = "@@@langfusePrompt:name=footer|label=production@@@"
    program.told("POST", "v2/prompts", {"name": "footer", "prompt": "Sign off.", "labels": ["production"]})
    program.told("POST", "v2/prompts", {"name": "whole", "prompt": f"Hello. {footer}", "labels": ["production"]})
    assert program.told("GET", "v2/prompts/whole")["prompt"] == "Hello. Sign off."
    assert program.told("GET", "v2/prompts/whole", resolve="false")["prompt"] == f"Hello. {footer}"
    loop = "@@@langfusePrompt:name=loop|version=1@@@"
    program.told("POST", "v2/prompts", {"name": "loop", "prompt": loop + loop, "labels": ["production"]})
    answer = program.ask("GET", "v2/prompts/loop")
    assert answer.status_code == 400
    assert "deep" in answer.json()["message"]


def test_a_version_or_a_whole_prompt_is_deleted(program: Program) -> None:
    """The last version takes the prompt with it."""
    for _ in range(2):
        program.told("POST", "v2/prompts", TEXT)
    assert program.ask("DELETE", "v2/prompts/rag/answer", version=1).status_code == 204
    assert program.told("GET", "v2/prompts/rag/answer")["version"] == 2
    assert program.ask("DELETE", "v2/prompts/rag/answer").status_code == 204
    assert program.ask("GET", "v2/prompts/rag/answer").status_code == 404


@pytest.mark.parametrize(
    ("value", "words"),
    [({}, "name"), ({"name": "x", "prompt": 3}, "text"), ({"name": "x", "type": "chat", "prompt": "x"}, "messages"),
     ({"name": "x", "type": "poem", "prompt": "x"}, "poem"), ({"name": "x", "prompt": "x", "labels": "y"}, "labels"),
     ({"name": "x", "prompt": "x", "labels": ["A B"]}, "label"), ({"name": "x" * 256, "prompt": "x"}, "255"),
     ([1], "object")],
)  # fmt: skip
def test_what_is_no_prompt_is_refused_with_the_reason(program: Program, value: Any, words: str) -> None:
    """And nothing of it is kept."""
    answer = program.ask("POST", "v2/prompts", value)
    assert answer.status_code == 400
    assert words in answer.json()["message"]
    assert program.told("GET", "v2/prompts")["data"] == []


def test_the_kind_of_a_prompt_does_not_change(program: Program) -> None:
    """Its users would break."""
    program.told("POST", "v2/prompts", CHAT)
    assert program.ask("POST", "v2/prompts", {"name": "chat", "prompt": "text"}).status_code == 400


def test_hostile_values_are_kept_or_refused(program: Program) -> None:
    """NUL, a lone surrogate and an infinite number, which no database takes as they are."""
    body = b'{"name": "h", "prompt": "a\\u0000b\\ud83d", "config": {"x": 1e999, "y": NaN}, "labels": ["production"]}'
    answer = program._client.generic("POST", "/api/public/v2/prompts", body, content_type="application/json")
    assert answer.status_code == 201
    found = program.told("GET", "v2/prompts/h")
    assert "\x00" not in found["prompt"]
    assert found["config"] == {"x": "inf", "y": "NaN"}


@pytest.mark.parametrize("query", [{"version": "x"}, {"version": "9" * 30}, {"version": "0"}, {"label": "no"}])
def test_a_version_that_is_not_there_is_no_fault_of_ours(program: Program, query: dict[str, str]) -> None:
    """400 or 404, on which the SDK falls back."""
    program.told("POST", "v2/prompts", TEXT)
    assert program.ask("GET", "v2/prompts/rag/answer", **query).status_code in {400, 404}


def test_another_project_sees_and_changes_nothing(program: Program, foreign: Program, client: Client) -> None:
    """Its key finds 404, as where there is nothing; without a key 401."""
    program.told("POST", "v2/prompts", TEXT)
    assert foreign.told("GET", "v2/prompts")["data"] == []
    for method, path, value in (
        ("GET", "v2/prompts/rag/answer", None), ("DELETE", "v2/prompts/rag/answer", None),
        ("PATCH", "v2/prompts/rag/answer/versions/1", {"newLabels": ["x"]}),
    ):  # fmt: skip
        assert foreign.ask(method, path, value).status_code == 404
        assert client.generic(method, f"/api/public/{path}").status_code == 401
    assert foreign.told("POST", "v2/prompts", TEXT)["version"] == 1
    assert program.told("GET", "v2/prompts/rag/answer")["version"] == 1
