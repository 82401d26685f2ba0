"""The openly licensed labelled records that heads are trained on, without those held back for reporting."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analytics.evaluate.split import is_held_back


def records(data: Path, name: str, *, held_back: bool = False) -> Iterator[dict[str, Any]]:
    """Give the records of a file, either those to train on or those held back."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if is_held_back(record["id"]) == held_back:
                yield record
