"""Makes the virtual environment and installs pinned packages; does nothing when that is up to date.

Run by the machine's own Python before anything is installed, so it needs the standard library only.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
LOG = VENV / "install.log"
LOCK = "requirements-lock.txt"
TORCH = "requirements-torch.txt"
# Which file each kind of installation needs; the development one holds the other.
KINDS = {"run": "requirements.txt", "dev": "requirements-dev.txt"}
OLDEST = (3, 11)
TICK_S = 10


class InstallError(Exception):
    """A phase failed; the text says what to do."""


def main(kind: str = "run") -> int:
    """Install what ``kind`` (run or dev) needs, saying each phase and its seconds."""
    try:
        _check_python()
        if not is_current(kind):
            _install(kind)
    except InstallError as fault:
        sys.stderr.write(f"\nassay: {fault}\n")
        return 1
    return 0


def fingerprint(kind: str, root: Path = ROOT) -> str:
    """Names what an installation of this kind is made from: the requirement files and the Python."""
    parts = [str(sys.version_info[:3]), *((root / file).read_text() for file in (LOCK, TORCH, KINDS["run"]))]
    if kind == "dev":
        parts.append((root / KINDS["dev"]).read_text())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def is_current(kind: str, root: Path = ROOT) -> bool:
    """Whether the environment was made from the requirement files as they are now."""
    stamp = _stamp(kind, root)
    return stamp.exists() and stamp.read_text() == fingerprint(kind, root) and _python(root).exists()


def pip_commands(kind: str, python: str, environ: dict[str, str]) -> list[tuple[str, list[str]]]:
    """The phases of an installation: what is said, and pip's arguments.

    torch comes first and by itself, so that an index with its CPU build can be named for it alone: ``TORCH_INDEX_URL``.
    """
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", "--constraint", LOCK]
    index = environ.get("TORCH_INDEX_URL", "")
    return [
        ("torch", [*pip, *(["--index-url", index] if index else []), "--requirement", TORCH]),
        (KINDS[kind], [*pip, "--requirement", KINDS[kind]]),
    ]


def _install(kind: str) -> None:
    python = str(_python(ROOT))
    phases = pip_commands(kind, python, dict(os.environ))
    started = time.monotonic()
    if not _python(ROOT).exists():
        _make_venv()
    for number, (text, command) in enumerate(phases, 1):
        _run(f"[{number}/{len(phases)}] installing {text}", command)
    for done in {"run", kind}:
        _stamp(done, ROOT).write_text(fingerprint(done))
    _say(f"installed in {time.monotonic() - started:.0f} s\n")


def _make_venv() -> None:
    _say(f"Python {sys.version.split()[0]}, environment in {VENV.name}\n")
    made = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise InstallError(
            f"this Python cannot make a virtual environment:\n{made.stdout}{made.stderr}\n"
            "On Debian and Ubuntu: apt-get install python3-venv"
        )


def _run(text: str, command: list[str]) -> None:
    """Run one phase; what pip says goes to a file, what it does now is shown with the seconds."""
    started = time.monotonic()
    LOG.touch()
    with LOG.open("a", encoding="utf-8") as log, LOG.open(encoding="utf-8", errors="replace") as tail:
        tail.seek(0, os.SEEK_END)
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)  # noqa: S603 - pip
        said = 0.0
        last = ""
        while process.poll() is None:
            time.sleep(0.2)
            last = _last_line(tail.read()) or last
            elapsed = time.monotonic() - started
            if elapsed - said >= (1 if sys.stdout.isatty() else TICK_S):
                said = elapsed
                _say(f"{text} … {elapsed:.0f} s  {last[:60]}", fleeting=True)
    if process.returncode:
        ending = "\n".join(LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
        raise InstallError(f"{text} failed (all of it in {LOG}):\n{ending}")
    _say(f"{text}: {time.monotonic() - started:.0f} s\n")


def _say(text: str, *, fleeting: bool = False) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\033[K{text}")
    else:
        sys.stdout.write(f"{text}\n" if fleeting else text)
    sys.stdout.flush()


def _last_line(text: str) -> str:
    """What pip does now; what it warns of stands in the log."""
    lines = [line.strip() for line in text.replace("\r", "\n").splitlines()]
    return next((line for line in reversed(lines) if line and not line.startswith(("WARNING", "DEPRECATION"))), "")


def _check_python() -> None:
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        raise InstallError(f"this is Python {found}; Assay needs 3.11 or later: make up PYTHON=python3.12")


def _python(root: Path) -> Path:
    return root / ".venv" / "bin" / "python"


def _stamp(kind: str, root: Path) -> Path:
    return root / ".venv" / f"installed-{kind}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
