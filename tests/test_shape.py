"""The shape of the code: sizes, names, and what may stand in which file. Each exception has its reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("backend", "ingest", "analytics", "frontend", "tests")
LONGEST_FILE = 300
LONGEST_FUNCTION = 50

LONG_FILES: dict[str, str] = {
    "tests/backend/store/snapshots/schema_main.sql": "written by a machine: all tables of a cluster",
    "tests/backend/store/snapshots/schema_single.sql": "written by a machine: all tables",
}
LONG_FUNCTIONS: dict[str, str] = {}
# Names that Django and others call.
FOREIGN_NAMES = {"get_context_data", "handler", "handler400", "handler403", "handler404", "handler500", "handle"}
# The outer loops: each logs and counts.
CATCH_ALLS = {
    "backend/registry.py:installed": "a package that cannot be loaded must not stop the other plugins",
    "analytics/pipeline/step.py:_attempt": "a step that fails must not stop the other projects' steps",
    "analytics/pipeline/fit.py:_fit": "topics that cannot be found must not stop the analysis",
    "analytics/pipeline/detect.py:judge": "a plugin that fails must not stop the other plugins",
    "analytics/pipeline/score.py:measured": "a plugin that fails must not stop the other plugins",
    "analytics/pipeline/score.py:caused": "text from outside: one turn must not stop the batch",
    "backend/store/writer.py:_write_groups": "the writer's thread must outlive any fault, and tells those who wait",
    "backend/store/inserter.py:_insert_blocks": "the inserter must outlive any fault, and gives up nothing on disk",
    "backend/store/writer.py:_replay_spool": "the spool's thread must outlive any fault",
    "ingest/wire/merging.py:_spans": "a trace that cannot be read must not stop those behind it",
    "ingest/wire/merging.py:_follow": "the thread that merges parts must outlive any fault",
    "ingest/asgi.py:_answer": "the face for SDKs answers whatever happens",
    "ingest/rpc.py:_export_of": "as over HTTP",
    "ingest/redaction/redacting.py:_each": "whatever fails, what was not redacted is refused and not stored",
    "ingest/redaction/redacting.py:redacted_reason": "whatever fails, what could not be redacted is not kept",
}
# Colours have a second file: those of charts would make the first one too long.
TOKENS = {"tokens.css", "series.css"}

_BANNED = {
    "util",
    "utils",
    "helper",
    "helpers",
    "manager",
    "service",
    "services",
    "handler",
    "handlers",
    "data",
    "info",
}
_COLOUR = re.compile(
    r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b|\b(?:rgba?|hsla?|oklch|oklab|hwb|lab|lch)\((?=\s*[\d.])"
)
# A machine's own folders; written in parts, so that this file does not hold what it looks for.
_PLACES = [f"/{name}/" for name in ("work", "home", "root", "Users")]


def _files(*endings: str) -> list[Path]:
    return sorted(
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.suffix in endings and "vendor" not in path.parts and "__pycache__" not in path.parts
    )


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """String constants that are no docstrings."""
    tree = _tree(path)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_no_file_is_long() -> None:
    """Who reads a file can hold it in mind."""
    long = {
        _name(path): lines
        for path in _files(".py", ".html", ".css", ".js", ".sql")
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert set(long) == set(LONG_FILES), long


def test_no_function_is_long() -> None:
    """Fifty lines with its docstring, wherever it stands."""
    long = {
        f"{_name(path)}:{node.name}": length
        for path in _files(".py")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert set(long) == set(LONG_FUNCTIONS), long


def test_names_say_what_a_thing_is() -> None:
    """No `utils`, `helpers`, `manager`, `service`, `handler`, `data`, `info` in the name of anything."""
    found = []
    for path in _files(".py"):
        names = [path.stem, *path.relative_to(ROOT).parts[:-1]]
        names += [
            node.name
            for node in ast.walk(_tree(path))
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name not in FOREIGN_NAMES
        ]
        found += [
            f"{_name(path)}: {name}" for name in names if _words(name) & _BANNED and "/tests/" not in f"/{_name(path)}"
        ]
    assert not found


def _words(name: str) -> set[str]:
    """The words of a name in either spelling.

    >>> sorted(_words("HTTPServerInfo_data"))
    ['data', 'http', 'info', 'server']
    """
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)}


@pytest.mark.parametrize(
    ("name", "words"), [("HTTPInfo", {"http", "info"}), ("spanData", {"span", "data"}), ("metadata", {"metadata"})]
)
def test_words_of_names_are_told_apart(name: str, words: set[str]) -> None:
    """`metadata` is a word of its own; `spanData` holds one that says nothing."""
    assert _words(name) == words


def test_colours_stand_in_the_tokens_only() -> None:
    """Light and dark are chosen in one file; the rest names roles."""
    found = [
        f"{_name(path)}:{number}: {line.strip()}"
        for path in _files(".css", ".html", ".js")
        if path.name not in TOKENS and "tests" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if _COLOUR.search(re.sub(r"(href|id|for|action)=\"#[^\"]*\"|&#\d+;|url\(#[^)]*\)|rgba\(0,0,0,0\)", "", line))
    ]
    assert not found


def test_attribute_names_stand_in_semconv_only() -> None:
    """Nobody spells an attribute of OpenTelemetry or OpenInference a second time."""
    semconv = ROOT / "backend" / "telemetry" / "semconv.py"
    spelled = {text for _, text in _texts(semconv) if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", text)}
    assert len(spelled) > 50
    found = [
        f"{_name(path)}:{number}: {text[:60]!r}"
        for path in _files(".py")
        if path != semconv and "tests" not in path.parts
        for number, text in _texts(path)
        if text in spelled or text.startswith(("gen_ai.", "llm.", "openinference."))
    ]
    assert not found


def test_templates_hold_no_style_and_no_script() -> None:
    """The content security policy would not run them."""
    inline = re.compile(
        r"\sstyle=|\son[a-z]+=\"|javascript:|<style|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")", re.I
    )
    found = [
        f"{_name(path)}:{number}: {line.strip()}"
        for path in _files(".html")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if inline.search(re.sub(r"{%.*?%}|{#.*?#}", "", line))
    ]
    assert not found


def test_nothing_names_a_folder_of_one_machine() -> None:
    """What works here has to work elsewhere."""
    files = [
        *_files(".py", ".html", ".css", ".js", ".sql", ".md", ".toml"),
        *ROOT.glob("*.*"),
        *(ROOT / "docs").rglob("*.md"),
    ]
    found = [
        f"{_name(path)}: {place}"
        for path in files
        if path.is_file() and path.suffix != ".sqlite3" and path.name != ".git"  # a worktree's says where it is
        for place in _PLACES
        if re.search(rf"(?<![\w./~-]){re.escape(place)}\w", path.read_text(errors="replace"))
    ]
    assert not found


def test_nothing_is_left_to_do_in_the_code() -> None:
    """Open ends are issues, not comments."""
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
    found = [
        f"{_name(path)}:{number}"
        for path in _files(".py", ".html", ".css", ".js", ".sql")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marks.search(line)
    ]
    assert not found


def test_every_fault_is_caught_by_its_name() -> None:
    """`except Exception` stands in outer loops only, which log and count."""
    found = {
        f"{_name(path)}:{_inside(path, node)}"
        for path in _files(".py")
        if "tests" not in path.parts
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    }
    assert found == set(CATCH_ALLS)


def _inside(path: Path, wanted: ast.AST) -> str:
    return next(
        (
            node.name
            for node in ast.walk(_tree(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and any(part is wanted for part in ast.walk(node))
        ),
        "",
    )


def test_every_test_says_its_rule() -> None:
    """A test has a docstring of one sentence or a few, and its name is no number."""
    found = [
        f"{_name(path)}:{node.name}"
        for path in _files(".py")
        if path.name.startswith("test_")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert not found
