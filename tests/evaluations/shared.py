"""Where the development data lies and how its records are read; it is not part of this repository."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def folder() -> Path | None:
    """Give the folder of the data, or say that it is not there."""
    found = Path(os.environ.get("ASSAY_SHARED", ROOT.parent / "shared")) / "data"
    if found.is_dir():
        return found
    print(f"no development data at {found}; set ASSAY_SHARED to the folder that holds data/. Nothing was measured.")
    return None


def records(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """Read one file of the data, record by record."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
