"""One word a thing: docs/vocabulary.md lists them, and their synonyms stand neither on pages nor in names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.telemetry import operation
from backend.telemetry.span import Span

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "vocabulary.md").read_text()
ROW = re.compile(r"^\| \*\*(.+?)\*\* \| .+? \| (.*?) \|$", re.MULTILINE)
ROOMS = ("backend", "ingest", "analytics", "frontend")
# These read and write other people's words.
TRANSLATORS = (
    "backend/telemetry/semconv.py",
    "ingest/vocabularies",
    "ingest/mapping",
    "ingest/protocols",
    "ingest/wire",
    "ingest/apis",
    "ingest/sample",
)
# Right where they stand.
ALLOWED_NAMES = {
    "threads": "of a processor",
}


def _banned() -> dict[str, str]:
    """Each synonym with the word to use, from the page's last column."""
    return {
        synonym.strip(): word
        for word, synonyms in ROW.findall(PAGE)
        for synonym in synonyms.split(",")
        if synonym.strip()
    }


BANNED = _banned()


def _defined_names(path: Path) -> Iterator[str]:
    """Names of functions, classes, arguments and fields."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def _words(name: str) -> str:
    """A name as spaced words: `PromptTokens` and `prompt_tokens` read the same."""
    return " ".join(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name))


def _text(path: Path) -> str:
    """What a template shows: no tags but their labels, no template syntax."""
    source = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", " ", path.read_text(), flags=re.DOTALL)
    labels = re.findall(r"(?:title|label|aria-label|placeholder|text|summary)=\"([^\"]*)\"", source)
    shown = re.sub(r"<[^>]*>|{%.*?%}|{{.*?}}", " ", source, flags=re.DOTALL)
    return f"{shown} {' '.join(labels)}".lower()


def _found(text: str) -> list[str]:
    return [synonym for synonym in BANNED if re.search(rf"\b{re.escape(synonym)}s?\b", text)]


def test_the_page_lists_the_words_with_their_synonyms() -> None:
    """The table is read: an empty one would ban nothing."""
    words = {word for word, _ in ROW.findall(PAGE)}
    assert {"trace", "span", "conversation", "turn", "topic", "flag", "score", "verdict"} <= words
    assert BANNED["session"] == "conversation"


def test_each_operation_is_listed() -> None:
    """Operations are words people filter by."""
    names = {text for name, text in vars(operation).items() if name.isupper() and text and isinstance(text, str)}
    assert names
    assert {name for name in names if f"`{name}`" not in PAGE} == set()


@pytest.mark.parametrize("field", ["provider", "request_model", "response_model", "cost_usd", "conversation_id"])
def test_fields_on_the_page_are_fields_of_a_span(field: str) -> None:
    """A renamed field is renamed on the page, too."""
    assert field in Span.__struct_fields__
    assert f"`{field}`" in PAGE


def test_names_in_the_code_use_the_words() -> None:
    """No `observation` for a span, no `prompt_tokens` for input tokens."""
    found = {
        f"{path.relative_to(ROOT)}: {name} (say {BANNED[synonym]})"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if not path.relative_to(ROOT).as_posix().startswith(TRANSLATORS)
        for name in _defined_names(path)
        if name not in ALLOWED_NAMES
        for synonym in _found(_words(name))
    }
    assert found == set()


def test_pages_use_the_words() -> None:
    """What people read says one word a thing."""
    found = {
        f"{path.relative_to(ROOT)}: {synonym} (say {BANNED[synonym]})"
        for path in sorted((ROOT / "frontend" / "templates").rglob("*.html"))
        for synonym in _found(_text(path))
    }
    assert found == set()


@pytest.mark.parametrize(
    ("name", "synonym"), [("ObservationList", "observation"), ("total_prompt_tokens", "prompt token")]
)
def test_synonyms_are_found_in_either_spelling(name: str, synonym: str) -> None:
    """The rule can fail."""
    assert synonym in _found(_words(name))
