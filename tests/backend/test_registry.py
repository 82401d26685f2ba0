"""Plugins are found by walking their package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from backend.registry import discover

BASE = "from abc import ABC\nclass Base(ABC):\n    name = ''\n"


def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **modules: str) -> type:
    package = f"plugins_{tmp_path.name.replace('-', '_')}"
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "base.py").write_text(BASE)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(f"from {package}.base import Base\n{text}")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__(f"{package}.base", fromlist=["Base"])
    sys.modules["current_plugins"] = sys.modules[package]
    base: type = module.Base
    return base


def test_every_module_of_the_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new plugin is one new file, found in alphabetical order of names."""
    base = _package(
        tmp_path,
        monkeypatch,
        zebra="class Zebra(Base):\n    'Stripes.'\n    name = 'zebra'\n",
        ant="class Ant(Base):\n    'Small.'\n    name = 'ant'\n",
    )
    assert list(discover(base.__module__.rsplit(".", 1)[0], base)) == ["ant", "zebra"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("class Mute(Base):\n    name = 'mute'\n", "no docstring"),
        ("class Anon(Base):\n    'Has words.'\n", "no name"),
        ("class A(Base):\n    'a'\n    name = 'same'\nclass B(Base):\n    'b'\n    name = 'same'\n", "two plugins"),
    ],
)
def test_a_plugin_without_name_or_words_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, fault: str
) -> None:
    """What people would see as a blank line, or one plugin hiding another, stops the start."""
    base = _package(tmp_path, monkeypatch, one=text)
    with pytest.raises(ValueError, match=fault):
        discover(base.__module__.rsplit(".", 1)[0], base)
