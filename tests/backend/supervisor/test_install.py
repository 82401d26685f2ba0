"""What is installed in which order, and when nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.supervisor.install import LOCK, TORCH, fingerprint, is_current, pip_commands
from backend.supervisor.lock import locked, name, still_wanted


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with requirement files and an environment."""
    for file in (LOCK, TORCH, "requirements.txt", "requirements-dev.txt"):
        (tmp_path / file).write_text(f"# {file}\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    return tmp_path


def test_an_environment_is_current_until_a_requirement_file_changes(root: Path) -> None:
    """The stamp names the files it was made from."""
    assert not is_current("run", root)
    (root / ".venv" / "installed-run").write_text(fingerprint("run", root))
    assert is_current("run", root)
    (root / "requirements-dev.txt").write_text("more\n")
    assert is_current("run", root)
    (root / LOCK).write_text("other\n")
    assert not is_current("run", root)


def test_torch_comes_first_and_alone_from_the_index_that_is_named_for_it() -> None:
    """TORCH_INDEX_URL reaches only pip's first run; all runs are held to the lock."""
    (_, first), (_, second) = pip_commands("run", "python", {"TORCH_INDEX_URL": "https://example.com/cpu"})
    assert first[-4:] == ["--index-url", "https://example.com/cpu", "--requirement", TORCH]
    assert "--index-url" not in second
    assert second[-2:] == ["--requirement", "requirements.txt"]
    assert LOCK in first
    assert LOCK in second


def test_the_lock_fits_every_build_of_torch() -> None:
    """A build's mark and the GPU libraries it brings are left out."""
    text = locked(["torch==2.13.0+cpu", "Zope==1", "nvidia-nccl-cu13==2", "triton==3", "pip==26", "attrs==26.1.0"])
    assert [line for line in text.splitlines() if line[0] != "#"] == ["attrs==26.1.0", "torch==2.13.0", "Zope==1"]


def test_a_requirement_file_decides_over_the_old_lock() -> None:
    """What a requirement file pins anew is not held back by what the lock had."""
    assert still_wanted(["Django==5.2.1", "a_b==1"], ["django==5.2.2"]) == ["a_b==1"]


def test_every_pinned_requirement_stands_in_the_lock() -> None:
    """A requirement file that was edited without `make lock` is noticed."""
    project = Path(__file__).parents[3]
    lines = (project / LOCK).read_text().splitlines()
    pinned = {name(line): line.partition("==")[2] for line in lines if "==" in line}
    for file in ("requirements.txt", "requirements-dev.txt", TORCH):
        for line in (project / file).read_text().splitlines():
            wanted, _, version = line.partition(";")[0].partition("==")
            if line and line[0] not in "#-":
                locked_at = pinned.get(name(wanted), "nothing")
                assert locked_at == (version.strip() or locked_at), (
                    f"{line} of {file}: {LOCK} has {locked_at}; make lock"
                )
