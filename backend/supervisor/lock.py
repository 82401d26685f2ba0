"""`make lock`: writes requirements-lock.txt, the exact version of everything that the requirement files lead to.

Packages that stand in the lock keep their version unless a requirement file now names another; delete the lock to take
the newest of all.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from backend.supervisor.install import KINDS, LOCK, ROOT, TORCH

_HEAD = """\
# Exact versions of everything that requirements.txt and requirements-dev.txt lead to, used as pip constraints.
# Written by `make lock`; do not edit. Libraries that torch's GPU builds pin themselves are left out.
"""
# Come with the Python, or with a GPU build of torch, which names their versions itself.
_LEFT_OUT = re.compile(r"pip|nvidia-.*|cuda-.*|triton")


def main() -> int:
    """Install everything into a fresh environment and write down what came."""
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)  # noqa: S603 - this Python
        kept = Path(folder) / "kept.txt"
        kept.write_text(
            "\n".join(still_wanted(_lines(LOCK), [line for file in (TORCH, *KINDS.values()) for line in _lines(file)]))
        )
        pip = [str(venv / "bin" / "python"), "-m", "pip"]
        install = [*pip, "install", "--quiet", "--no-warn-conflicts", "--constraint", str(kept)]
        subprocess.run([*install, "--requirement", TORCH], cwd=ROOT, check=True)  # noqa: S603 - pip
        subprocess.run([*install, "--requirement", KINDS["dev"]], cwd=ROOT, check=True)  # noqa: S603 - pip
        frozen = subprocess.run([*pip, "freeze", "--all"], check=True, capture_output=True, text=True)  # noqa: S603 - pip
        (ROOT / LOCK).write_text(locked(frozen.stdout.splitlines()))
    return 0


def still_wanted(lock: Iterable[str], requirements: Iterable[str]) -> list[str]:
    """Lines of the lock that no requirement file decides itself."""
    named = {name(line) for line in requirements}
    return [line for line in lock if name(line) not in named]


def locked(frozen: Iterable[str]) -> str:
    """The text of the lock: versions without a build's mark, so that torch's CPU and GPU builds both fit."""
    lines = [re.sub(r"\+.*", "", line) for line in frozen if "==" in line and not _LEFT_OUT.fullmatch(name(line))]
    return _HEAD + "".join(f"{line}\n" for line in sorted(lines, key=name))


def name(line: str) -> str:
    """The package of a line of a requirement file, in the one spelling that pip compares."""
    found = re.match(r"[A-Za-z0-9._-]+", line)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _lines(file: str) -> list[str]:
    path = ROOT / file
    return [line for line in path.read_text().splitlines() if line and line[0] not in "#-"] if path.exists() else []


if __name__ == "__main__":
    sys.exit(main())
