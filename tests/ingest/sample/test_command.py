"""``manage.py sample``: from the options to spans, truth and a last line."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from ingest.sample.truth import read_truth

_OPTIONS = ("--conversations", "40", "--days", "7", "--now", "2026-11-24T12:00:00", "--seed", "5")


def test_it_sends_a_month_and_writes_the_truth(capture: Any, tmp_path: Path) -> None:
    """Every trace that arrived has its line in the file, and the last words say how much it was."""
    out = StringIO()
    truth = tmp_path / "truth.jsonl"
    call_command("sample", *_OPTIONS, "--endpoint", capture.url, "--key", "sk", "--truth", str(truth), stdout=out)
    arrived = {span.trace_id.hex() for _, span in capture.spans()}
    assert arrived == {line.trace_id for line in read_truth(truth)}
    assert f"{len(capture.spans()):,} spans" in out.getvalue()


def test_the_key_may_come_by_the_environment(capture: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments can be read by everybody on a machine, the environment cannot."""
    monkeypatch.setenv("ASSAY_SAMPLE_KEY", "sk-env")
    truth = str(tmp_path / "truth.jsonl")
    call_command("sample", *_OPTIONS, "--endpoint", capture.url, "--truth", truth, stdout=StringIO())
    assert capture.headers[0]["authorization"] == "Bearer sk-env"


def test_without_a_key_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the option and the variable."""
    monkeypatch.delenv("ASSAY_SAMPLE_KEY", raising=False)
    with pytest.raises(CommandError, match="--key or set ASSAY_SAMPLE_KEY"):
        call_command("sample", *_OPTIONS)


def test_a_refusing_endpoint_ends_it_in_words(capture: Any, tmp_path: Path) -> None:
    """No traceback, but the address and the status."""
    capture.status = 403
    with pytest.raises(CommandError, match="403"):
        call_command(
            "sample",
            *_OPTIONS,
            "--endpoint",
            capture.url,
            "--key",
            "sk",
            "--truth",
            str(tmp_path / "t"),
            stdout=StringIO(),
        )


@pytest.mark.parametrize("wrong", [("--days", "0"), ("--conversations", "-3"), ("--now", "yesterday")])
def test_absurd_options_are_refused(wrong: tuple[str, str]) -> None:
    """A month of no days is no month."""
    with pytest.raises(CommandError, match=wrong[0]):
        call_command("sample", *wrong)
