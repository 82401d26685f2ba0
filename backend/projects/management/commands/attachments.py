"""Clear up attachments; may run any number of times, beside everything else."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.attachments.place import shelf
from backend.env import env
from backend.errors import AssayError
from backend.projects.attachments_unused import LEAST_AGE_H, clear
from backend.store.connection import store
from backend.store.spool import Spool


class Command(BaseCommand):
    """Give up attachments that no span refers to any more."""

    help = "Remove attachments that no stored span refers to, and all of projects that are gone (docs/ingest.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the least age."""
        parser.add_argument(
            "--older-than-hours", type=float, default=LEAST_AGE_H, help="leave younger ones alone; 24 by default"
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Clear up and say what was done."""
        spool = Spool(env().home / "spool", env().spool_limit_mib)
        try:
            done = clear(shelf(), store(), spool, least_age_h=max(1.0, options["older_than_hours"]))
        except AssayError as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(
            f"removed {done.removed} attachments ({done.size_bytes / 2**20:.1f} MiB) and those of {done.projects}"
            f" projects that are gone; {done.kept} are in use"
        )
