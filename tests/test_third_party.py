"""docs/third-party.md lists what is installed and shipped with its licence, and none is a strong copyleft."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "third-party.md").read_text()
ROW = re.compile(r"^\| (?!-|package|file|server)(.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
SHIPPED = ("frontend/static/vendor", "frontend/static/fonts", "tests/browser/vendor")
# The strong ones, and those that forbid uses. LGPL and MPL are weak and fine.
FORBIDDEN = re.compile(
    r"(?<![A-Za-z])A?GPL|SSPL|BUSL|Server Side Public|(?<!Lesser )General Public License|"
    r"Affero|non-?commercial|CC-BY-NC|proprietary",
    re.IGNORECASE,
)
# One spelling for what packages say in many; hdbscan says in its licence file only what it is.
SPELLINGS = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "OSI Approved": "BSD-3-Clause",
    "Apache Software License/MIT License": "MIT OR Apache-2.0",
}


def _section(title: str) -> dict[str, str]:
    """What the page lists under a title: name and licence."""
    text = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    return {name: licence for name, licence, _ in ROW.findall(text)}


def _requirements() -> list[Requirement]:
    lines = [
        line
        for file in ("requirements-torch.txt", "requirements.txt")
        for line in (ROOT / file).read_text().splitlines()
        if line and line[0] not in "#-"
    ]
    return [Requirement(line) for line in lines]


def _licence(name: str) -> str:
    """What an installed package says: its expression, else its classifiers, else its free text."""
    stated = distribution(name).metadata
    classified = [text.split(" :: ")[-1] for text in stated.get_all("Classifier") or [] if text.startswith("License")]
    return stated.get("License-Expression") or "/".join(classified) or (stated.get("License") or "")[:80]


def _closure() -> dict[str, str]:
    """Everything that the requirements bring on this machine, with its licence."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = _requirements()
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            package = distribution(name)
        except PackageNotFoundError:  # of another system, by a marker this one does not meet
            continue
        found[name] = _licence(name)
        for text in package.requires or []:
            below = Requirement(text)
            if below.marker is None or any(below.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
                waiting.append(below)
    return found


def test_each_requirement_is_listed_and_nothing_else() -> None:
    """Who adds a package says its licence and why it is there."""
    listed = {canonicalize_name(name) for name in _section("Python packages")}
    assert listed == {canonicalize_name(wanted.name) for wanted in _requirements()} - {"psycopg-binary"}


@pytest.mark.parametrize(("name", "listed"), _section("Python packages").items())
def test_the_licence_is_the_one_the_package_states(name: str, listed: str) -> None:
    """A licence that changed with a new version is noticed."""
    stated = _licence(name)
    assert SPELLINGS.get(stated, stated) == listed


def test_no_package_below_is_a_strong_copyleft() -> None:
    """The rule holds for everything that is installed for running, not only for what we asked for."""
    closure = _closure()
    assert len(closure) > 60
    assert {name: licence for name, licence in closure.items() if FORBIDDEN.search(licence) or not licence} == {}


@pytest.mark.parametrize(
    "licence", ["GPL-3.0-only", "AGPL-3.0", "GNU General Public License v3", "CC-BY-NC-4.0", "SSPL-1.0"]
)
def test_strong_licences_are_recognised(licence: str) -> None:
    """The rule can fail."""
    assert FORBIDDEN.search(licence)


@pytest.mark.parametrize("licence", ["LGPL-3.0-only", "GNU Lesser General Public License v3", "MPL-2.0", "MIT"])
def test_weak_licences_are_fine(licence: str) -> None:
    """Weak copyleft may be used as a library."""
    assert not FORBIDDEN.search(licence)


def test_each_file_from_elsewhere_is_listed() -> None:
    """Scripts, fonts and icons that were copied in, wherever they stand."""
    patterns = [
        pattern
        for cell in _section("Files in this repository that come from elsewhere")
        for pattern in re.findall(r"`([^`]+)`", cell)
    ]
    copied = [
        path.relative_to(ROOT).as_posix()
        for folder in SHIPPED
        for path in (ROOT / folder).glob("*")
        if path.suffix not in {".txt", ".md"}
    ]
    assert copied
    assert [path for path in copied if not any(fnmatch(path, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not list(ROOT.glob(pattern))] == []


def test_each_server_is_listed() -> None:
    """What docker-compose.yml starts stands on the page in the same version."""
    images = re.findall(r"image: (?:\w+/)?(\w+)[\w-]*:(\d+(?:\.\d+)?)", (ROOT / "docker-compose.yml").read_text())
    listed = " ".join(_section("Servers that `docker-compose.yml` starts")).lower().replace("postgresql", "postgres")
    assert len(images) == 3
    for name, version in images:
        assert re.search(rf"{name} {version.split('.')[0]}", listed), name


def test_our_own_licence_is_apache() -> None:
    """The file and the package say the same."""
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:200]
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()
