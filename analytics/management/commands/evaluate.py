"""``manage.py evaluate WHAT``: measures the analysis on labelled data nothing was fitted on, or on simulated series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

PAGE = "docs/evaluation.md"


class Command(BaseCommand):
    """Measure detectors on the held-back part of a folder of labelled data, topics on all of it, alerts on series."""

    help = (
        "Measure detectors and topics on labelled data that nothing was fitted on, alerts on simulated series;"
        " docs/evaluation.md, topics.md and alerts.md have the results."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what is measured, where the data lies and what to do with the results."""
        parser.add_argument("what", choices=("detectors", "topics", "alerts"))
        parser.add_argument("--data", type=Path, metavar="DIR", help="detectors, topics: folder of the labelled files")
        parser.add_argument("--only", default="", metavar="NAME,...", help="only these detectors, scores or parts")
        parser.add_argument("--vectors", type=Path, metavar="FOLDER", help="topics: keep vectors for the next run")
        parser.add_argument("--series", type=int, default=200, metavar="N", help="alerts: ordinary series a row")
        parser.add_argument(
            "--all", action="store_true", help="also embed every item of large sets, which takes an hour of one core"
        )
        parser.add_argument("--write", action="store_true", help=f"keep the results and write them into {PAGE}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, print the tables, and keep them if asked to."""
        if options["what"] == "alerts":
            return self._alerts(options["series"])
        if options["data"] is None:
            raise CommandError(f"--data: {options['what']} are measured on a folder of labelled files; name it")
        if not options["data"].is_dir():
            raise CommandError(f"no folder {options['data']}")
        if options["what"] == "topics":
            return self._topics(options)
        return self._detectors(options)

    def _alerts(self, series: int) -> None:
        from analytics.evaluate import alerts

        if series < 1:
            raise CommandError(f"--series is {series}; at least one has to be simulated")
        self.stdout.write(alerts.report(series, alerts.FIRST_SEED))

    def _topics(self, options: dict[str, Any]) -> None:
        from analytics.embedding import load
        from analytics.evaluate import topics
        from backend.env import env

        parts = tuple(name for name in options["only"].split(",") if name) or topics.PARTS
        if unknown := sorted(set(parts) - set(topics.PARTS)):
            raise CommandError(f"--only: no {', '.join(unknown)}; there are: {', '.join(topics.PARTS)}")
        self.stdout.write(topics.HEAD)
        count = 0
        for line in topics.lines(options["data"], load(env().embedding_model), options["vectors"], parts):
            self.stdout.write(str(line))
            count += 1
        if not count:
            raise CommandError(f"{options['data']} has none of the labelled files")

    def _detectors(self, options: dict[str, Any]) -> None:
        from analytics.evaluate import tables
        from analytics.evaluate.run import Evaluation, subjects

        only = [name for name in options["only"].split(",") if name]
        if unknown := sorted(set(only) - set(subjects())):
            raise CommandError(f"--only: no {', '.join(unknown)}; there are: {', '.join(subjects())}")
        found = list(Evaluation(options["data"], every_vector=options["all"]).results(only))
        if not found:
            raise CommandError(f"{options['data']} has none of the labelled files")
        rows = {name: tables.as_rows([one for one in found if one.subject.name == name]) for name in _names(found)}
        self.stdout.write(tables.table(rows))
        if options["write"]:
            tables.write(found)
            page = Path(settings.BASE_DIR) / PAGE
            page.write_text(tables.put_into(page.read_text("utf-8"), tables.table(tables.read())), "utf-8")


def _names(found: list[Any]) -> list[str]:
    return sorted({one.subject.name for one in found})
