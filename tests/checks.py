"""`make check`: what must hold without running anything: lint, format, types, layers, templates, migrations."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from os import environ
from pathlib import Path

_BIN = Path(sys.executable).parent
CHECKS = {
    "lint": [_BIN / "ruff", "check", "--quiet", "."],
    "format": [_BIN / "ruff", "format", "--check", "--quiet", "."],
    "layers": [_BIN / "lint-imports"],
    "templates": [_BIN / "djlint", "frontend/templates", "--lint", "--quiet"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "types": [_BIN / "mypy"],
}


def main() -> int:
    """Run all checks, show what the failing ones say, and return 1 where one failed."""
    failed = 0
    with tempfile.TemporaryDirectory() as home:
        for name, command in CHECKS.items():
            started = time.monotonic()
            done = subprocess.run(
                [str(part) for part in command], env={**environ, "ASSAY_HOME": home}, capture_output=True, text=True
            )
            print(
                f"{name:<11} {'ok' if not done.returncode else 'FAILED'}  {time.monotonic() - started:.1f} s",
                flush=True,
            )
            if done.returncode:
                failed = 1
                print(done.stdout + done.stderr, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
