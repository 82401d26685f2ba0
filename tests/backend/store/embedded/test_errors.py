"""Errors keep ClickHouse's number, name and status."""

from __future__ import annotations

import pytest

from backend.store.embedded.errors import Code, fault, from_engine


@pytest.mark.parametrize(
    ("said", "number", "status", "text"),
    [
        ("Code: 62. DB::Exception: no (SYNTAX_ERROR)", 62, 400, "Code: 62. DB::Exception: no (SYNTAX_ERROR)"),
        ("While: Code: 60. DB::Exception: x (A) (version 26.9.2.1)", 60, 404, "Code: 60. DB::Exception: x (A)"),
        ("Code: 241. DB::Exception: m", 241, 500, "Code: 241. DB::Exception: m"),
        ("no number at all", 1001, 500, "Code: 1001. DB::Exception: no number at all (STD_EXCEPTION)"),
        ("", 1001, 500, "Code: 1001. DB::Exception: RuntimeError (STD_EXCEPTION)"),
    ],
)
def test_the_engines_words_are_kept(said: str, number: int, status: int, text: str) -> None:
    """Wrappers' words before and the version after are left out, nothing else."""
    found = from_engine(RuntimeError(said))
    assert (found.number, found.http_status, found.text) == (number, status, text)


def test_a_body_can_always_be_written() -> None:
    """An error about broken text is itself text."""
    assert fault(Code.BAD_ARGUMENTS, "\udc80").body("26.9").endswith(b"(BAD_ARGUMENTS) (version 26.9)\n")
