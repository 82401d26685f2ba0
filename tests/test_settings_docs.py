"""docs/settings.md lists every setting with its default and text, and names no other."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from backend.env import Env

PAGE = (Path(__file__).parents[1] / "docs" / "settings.md").read_text()
ROW = re.compile(r"^\| `(ASSAY_\w+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


def _shown(default: Any) -> str:
    """A default as the page shows it."""
    if isinstance(default, bool):
        return str(int(default))
    return f"{default}" if str(default) else ""


def test_each_setting_is_listed_with_its_default_and_text() -> None:
    """The page and the code say the same, word for word and in the same order."""
    wanted = [(f"ASSAY_{item.name.upper()}", _shown(item.default), item.metadata["text"]) for item in fields(Env)]
    assert ROW.findall(PAGE) == wanted


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    """A renamed setting leaves no trace in the docs, the containers or the command files."""
    root = Path(__file__).parents[1]
    known = {f"ASSAY_{item.name.upper()}" for item in fields(Env)}
    known |= {
        "ASSAY_TEST_AWAY_S",
        "ASSAY_TEST_DATABASE_URL",
        "ASSAY_TEST_POSTGRES_URL",
        "ASSAY_TEST_REDIS_URL",
        "ASSAY_SAMPLE_KEY",
        "ASSAY_SHARED",
    }
    files = [
        *root.glob("*.md"),
        *(root / "docs").rglob("*.md"),
        root / "docker-compose.yml",
        root / "Dockerfile",
        root / "Makefile",
    ]
    named = {(path.name, name) for path in files for name in re.findall(r"\bASSAY_[A-Z_]*[A-Z]\b", path.read_text())}
    assert {(file, name) for file, name in named if name not in known} == set()
