"""``manage.py analyze FILE.jsonl[.gz] --out DIR``: the whole analysis of a file, without a server or a database."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.errors import AssayError


class Command(BaseCommand):
    """Analyse a file of JSON lines: topics, flags, scores, causes and a report."""

    help = (
        "Analyse a file of JSON lines, plain or gzip, without a server; docs/analyze.md describes what goes in and out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a file, a folder, and what is wanted."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder that the results go to")
        parser.add_argument(
            "--as", dest="text_is", choices=("user", "answer"), default="user",
            help="what the text of records of kind `text` is: the user's message (default; a retrieved "
            "document where the record has a question) or the answer",
        )  # fmt: skip
        parser.add_argument(
            "--all-scores", action="store_true",
            help="write one line for each record and detector, whether something was found or not",
        )  # fmt: skip
        parser.add_argument(
            "--only", default="", metavar="NAME,...",
            help="run only these: flags, scores, causes, topics, or names of detectors and scores",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Analyse, tell how far it is, and what could not be read."""
        from analytics.offline.report import write_report
        from analytics.offline.run import Analysis, Choice, known_names

        file, out = options["file"], options["out"]
        if not file.is_file():
            raise CommandError(f"no file {file}")
        only = frozenset(name for name in options["only"].split(",") if name)
        if unknown := only - known_names():
            raise CommandError(
                f"--only: no {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known_names()))}"
            )
        try:
            out.mkdir(parents=True, exist_ok=True)
            analysis = Analysis(file, out, Choice(options["text_is"] == "answer", options["all_scores"], only))
            with _each_fault_once():
                summary, topics = analysis.run(self._teller())
            write_report(out / "report.html", summary, topics)
        except (AssayError, OSError) as fault:
            raise CommandError(str(fault)) from fault
        self._sum_up(summary, out)

    def _teller(self) -> Any:
        told_at = time.monotonic()

        def tell(words: str) -> None:
            nonlocal told_at
            if words and time.monotonic() - told_at >= 1:
                told_at = time.monotonic()
                self.stderr.write(words)

        return tell

    def _sum_up(self, summary: Any, out: Path) -> None:
        for number, reason in summary.bad:
            self.stderr.write(f"{summary.file_name}, line {number}: {reason}")
        if summary.bad_count > len(summary.bad):
            self.stderr.write(f"... and {summary.bad_count - len(summary.bad):,} more bad lines")
        for one in (*summary.detectors, *summary.scores):
            if one.failed:
                self.stderr.write(f"{one.name} failed on {one.failed:,} turns: {one.failure}")
        for kind, count in sorted(summary.others.items()):
            self.stderr.write(f"{count:,} lines of kind {kind or 'none'} hold nothing to judge and were passed over")
        self.stdout.write(
            f"{summary.records:,} records, {summary.turns:,} turns, {summary.bad_count:,} bad lines in "
            f"{summary.seconds:.1f} s ({summary.cpu_seconds:.1f} CPU-s); see {out / 'report.html'}"
        )
        if not summary.records:
            raise CommandError("there was nothing to analyse in the file")


@contextmanager
def _each_fault_once() -> Iterator[None]:
    """Let the sum at the end tell of a detector that fails; else it would say so on each turn."""
    log = logging.getLogger("analytics.pipeline.detect")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
