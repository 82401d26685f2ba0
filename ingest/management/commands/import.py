"""``manage.py import FILE --project SLUG``: what a file holds into a project."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.env import env
from backend.errors import AssayError
from backend.projects.models import Project
from backend.store.connection import store
from backend.store.spool import Spool
from backend.store.writer import Writer
from ingest.imports.reading import Bookmark, Import, Progress
from ingest.imports.records import CONVERSATIONS, form_of, forms, records
from ingest.prices.own import load
from ingest.redaction.policies import Policies
from ingest.wire.merging import Merger, merged_at_once


class Command(BaseCommand):
    """Import a file: conversations, our events, OTLP dumps, exports of Langfuse, LangSmith or Phoenix."""

    help = (
        "Import conversations, our events, OTLP dumps or exports of Langfuse, LangSmith or Phoenix from a file, plain,"
        " gzip or zstd; docs/ingest.md describes each."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a file, a project, and a range for conversations without times."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--project", required=True, metavar="SLUG")
        told = "spread conversations without a real time from this day (or ISO time, UTC) on; they are marked"
        parser.add_argument("--start", type=_moment, metavar="TIME", help=told)
        parser.add_argument("--end", type=_moment, metavar="TIME", help="... to this one")
        parser.add_argument(
            "--form", choices=["auto", CONVERSATIONS, *forms()], default="auto", help="what the file holds"
        )
        parser.add_argument("--restart", action="store_true", help="begin again where an earlier run was ended")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, tell how far it is, and what could not be read."""
        file: Path = options["file"]
        project, span = _project(options["project"]), (options["start"], options["end"])
        _check(file, span)
        try:
            name = form_of(file) if options["form"] == "auto" else options["form"]
        except AssayError as fault:
            raise CommandError(str(fault)) from fault
        bookmark = Bookmark(env().home / "imports", file, project.pk, name, *span)
        if options["restart"]:
            bookmark.remove()
        if bookmark.line():
            self.stderr.write(f"going on after line {bookmark.line():,} of an earlier run (--restart begins again)")
        writer = Writer(store(), Spool(env().home / "spool", env().spool_limit_mib)).start()
        try:
            form = forms().get(name)
            own = load()
            policies = Policies()
            importing = Import(
                writer,
                project.pk,
                span,
                form.decoded if form else None,
                own.get(project.pk, ()),
                policies.of(project.pk),
            )
            done = importing.run(file, bookmark, self._teller(), records(file))
            if done.parts:
                merger = Merger(
                    store(),
                    writer,
                    env().home / "merging",
                    prices=lambda owner: own.get(owner, ()),
                    policies=policies.of,
                )
                done.spans += merged_at_once(merger)
        except AssayError as fault:
            raise CommandError(f"{fault}; run the same command again to go on") from fault
        finally:
            writer.close()
        self._sum_up(file, project, done, name)

    def _teller(self) -> Any:
        told_at = time.monotonic()

        def tell(progress: Progress) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= 1:
                told_at = time.monotonic()
                self.stderr.write(
                    f"{progress.share:4.0%}  line {progress.read:,}, {progress.conversations:,} conversations,"
                    f" {progress.spans:,} spans stored, {progress.bad_count:,} bad lines"
                )

        return tell

    def _sum_up(self, file: Path, project: Project, done: Progress, name: str) -> None:
        for number, reason in done.bad:
            self.stderr.write(f"{file.name}, line {number}: {reason}")
        if done.bad_count > len(done.bad):
            self.stderr.write(f"... and {done.bad_count - len(done.bad):,} more bad lines")
        self.stdout.write(
            f"{done.conversations:,} {name if name == CONVERSATIONS else f'records of {name}'}, {done.spans:,} spans"
            f"{f', {done.scores:,} scores' if done.scores else ''} into {project.slug};"
            f" {done.bad_count:,} bad lines, {done.others:,} lines of another kind"
            f"{f', {done.counted:,} metrics and the like that are not stored' if done.counted else ''}"
        )


def _project(slug: str) -> Project:
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        known = ", ".join(Project.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"no project {slug!r}; there are: {known}")
    return project


def _check(file: Path, span: tuple[int | None, int | None]) -> None:
    if not file.is_file():
        raise CommandError(f"no file {file}")
    start, end = span
    if (start is None) != (end is None) or (start is not None and end is not None and start >= end):
        raise CommandError("--start and --end belong together, and the start comes first")


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 2026-03-01 or 2026-03-01T08:00") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * 10**9
