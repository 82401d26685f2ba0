"""The lines of a document as the head of planted orders reads them: each marked with how it stands among the others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from analytics.heads.sentences import spans_of_sentences

LONGEST: Final = 300
"""Code points of a line; longer ones are cut."""
_INNER: Final = re.compile(r"(?<=[.!?]);\s*|\\n|[\"\]}]\s*[,:]\s*(?=[\"\[{])|\\?\"\s*:\s*")
_ROW: Final = re.compile(r"\|[^|\n]*\||\t[^\t\n]*\t|^[^,\n]*(?:,[^,\s][^,\n]*){3,}$")
_CODE: Final = re.compile(
    r"[;{}]\s*$|^\s*(?:def|class|import|from|return|elif|else:|try:|#include|public|private|const|let|var|function)\b"
    r"|^\s*[\w.\[\]'\"]+\s*[-+*]?=\s|\w\(.*\)\s*:?$|^Traceback|^\s+File \"|^\s*<[/!a-zA-Z]|^```"
)
_SPOKEN: Final = re.compile(r"\s*[A-Z][\w.]{0,15}(?: [A-Z][\w.]{0,15})?\s?: ")
_FIELD: Final = re.compile(r"\"\s*:|^\s*[\[{]")
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_MARKS: Final = " \t\r\n\"'{[,:;"
_AFTER: Final = ' \t\r\n"{[]},'
_SHORT_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_HEAD: Final = 6000
"""Code points that the kind of a document is told by."""
_SOME: Final = 0.3
"""Share of lines from which on a document is a table or code; prose around it is ordinary."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence or line of a document.

    Attributes:
        start: offset of its first code point in the document.
        end: offset after the last one.
        marked: its words, then a word that says what kind of line in what kind of document it is.
    """

    start: int
    end: int
    marked: str


def lines_of(text: str, most: int = 200) -> list[Line]:
    """Lines of a document that hold words, in order.

    Args:
        text: of the document.
        most: lines that are looked at, half from the start and half from the end.
    """
    spans = _spans(text)
    if len(spans) > most:
        spans = spans[: most // 2] + spans[-(most // 2) :]
    forms = ["r" if _is_row(_around(text, start, end)) else _form(text[start:end]) for start, end in spans]
    kind = _kind(text)
    words = [set(_WORD.findall(text[start:end].lower())) for start, end in spans]
    seen: dict[str, int] = {}
    for one in words:
        for word in one:
            seen[word] = seen.get(word, 0) + 1
    found = []
    for (start, end), own, form in zip(spans, words, forms, strict=True):
        alone = (start == 0 or text[start - 1] in "\n\\") and (end == len(text) or text[end] in "\n\\")
        shared = sum(seen[word] > 1 for word in own)
        apart = "x" if not shared else "y" if shared * 3 < len(own) else "z"
        found.append(Line(start, end, f"{text[start:end]} zq{kind}{form}{'a' if alone else 'i'} zq{kind}{apart}"))
    return found


def _spans(text: str) -> list[tuple[int, int]]:
    """Sentences of three words or more, cut further where a field of JSON or an escaped line ends."""
    found: list[tuple[int, int]] = []
    for start, end in spans_of_sentences(text, LONGEST):
        first = start
        for cut in _INNER.finditer(text, start, end):
            found.append((first, cut.start()))
            first = cut.end()
        found.append((first, end))
    trimmed = (_trimmed(text, start, end) for start, end in found)
    return [(start, end) for start, end in trimmed if _says_something(text[start:end])]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the blanks and the marks of a field around the words."""
    line = text[start:end]
    kept = line.lstrip(_MARKS)
    return end - len(kept), end - len(kept) + len(kept.rstrip(_AFTER))


def _says_something(line: str) -> bool:
    """Three words, or eight letters of a script that does without blanks."""
    return len(_SHORT_WORD.findall(line)) > 2 or (not line.isascii() and sum(map(str.isalpha, line)) > 7)


def _around(text: str, start: int, end: int) -> str:
    """The written line that a sentence stands in: a cell of a table may hold several."""
    first = text.rfind("\n", max(0, start - LONGEST), start) + 1
    last = text.find("\n", end, end + LONGEST)
    return text[first or max(0, start - LONGEST) : end if last < 0 else last]


def _is_row(line: str) -> bool:
    return bool(_ROW.search(line) or _CODE.search(line) or _FIELD.search(line))


def _kind(text: str) -> str:
    """``t`` a table, ``c`` code, ``j`` fields, ``p`` prose."""
    lines = [line[:LONGEST] for line in text[:_HEAD].split("\n") if line.strip()]
    shares = {
        kind: sum(bool(pattern.search(line)) for line in lines) / max(1, len(lines))
        for kind, pattern in (("j", _FIELD), ("t", _ROW), ("c", _CODE))
    }
    kind, share = max(shares.items(), key=lambda one: one[1])
    return kind if share >= _SOME else "p"


def _form(line: str) -> str:
    """``d`` said by somebody named, ``q`` a question, ``w`` other words."""
    if _SPOKEN.match(line):
        return "d"
    return "q" if line.endswith("?") else "w"
