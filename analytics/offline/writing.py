"""JSON lines that appear only once they are whole."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Lines:
    """A file of JSON lines; it takes its name when it is closed without a fault."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.draft")
        self.count = 0

    def __enter__(self) -> Self:
        self._file = self._draft.open("w", encoding="utf-8", newline="\n")
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: TracebackType | None) -> None:
        self._file.close()
        if kind is None:
            self._draft.replace(self._path)
        else:
            self._draft.unlink(missing_ok=True)

    def write(self, line: dict[str, Any]) -> None:
        """Append one line."""
        self._file.write(as_line(line))
        self.count += 1


def as_line(line: dict[str, Any]) -> str:
    """One JSON line; text that is no Unicode is escaped."""
    text = json.dumps(line, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(line, allow_nan=False)
    return text + "\n"
