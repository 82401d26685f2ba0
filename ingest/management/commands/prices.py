"""``manage.py prices``: what a project set for its models, and costs of stored spans by the prices of now."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.errors import AssayError
from backend.prices.models import FIGURES, ProjectPrice
from backend.prices.setting import set_price
from backend.projects.models import Project
from backend.store.connection import store
from ingest.prices.comparison import client_costs
from ingest.prices.own import load
from ingest.prices.recompute import recompute
from ingest.prices.table import NONE


class Command(BaseCommand):
    """List, set or remove a project's own prices, or price what is stored anew."""

    help = "A project's own prices, in USD per million tokens; they come before the list in ingest/prices/prices.toml."

    def add_arguments(self, parser: CommandParser) -> None:
        """One deed a run."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        deeds = parser.add_subparsers(dest="deed", required=True, parser_class=argparse.ArgumentParser)
        deeds.add_parser("list", help="what is set")
        added = deeds.add_parser("set", help="set a price from a day on")
        added.add_argument("model", help="regular expression (RE2) for the whole name, whatever its case")
        added.add_argument("--from", dest="since", type=date.fromisoformat, required=True, metavar="DAY")
        for name in FIGURES:
            option = f"--{name.replace('_', '-')}"
            added.add_argument(option, type=float, required=name in {"input", "output"}, metavar="USD")
        gone = deeds.add_parser("remove", help="remove a price")
        gone.add_argument("model")
        gone.add_argument("--from", dest="since", type=date.fromisoformat, required=True, metavar="DAY")
        for name, told in (("recompute", "price stored calls anew"), ("compare", "with what clients say of costs")):
            over = deeds.add_parser(name, help=told)
            over.add_argument("--start", type=date.fromisoformat, required=True, metavar="DAY")
            over.add_argument("--end", type=date.fromisoformat, metavar="DAY", help="after the last day; else tomorrow")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say what was done."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"there is no project {options['project']!r}")
        getattr(self, f"_{options['deed']}")(project, options)

    def _list(self, project: Project, options: dict[str, Any]) -> None:
        for price in ProjectPrice.objects.filter(project=project):
            figures = (f"{name.replace('_', '-')} {getattr(price, name)}" for name in FIGURES)
            self.stdout.write(f"{price.model} from {price.since}: {', '.join(figures)}")

    def _set(self, project: Project, options: dict[str, Any]) -> None:
        figures = {name: options[name] for name in FIGURES}
        try:
            price, _ = set_price(project, options["model"], options["since"], figures, "manage.py prices")
        except ValidationError as fault:
            raise CommandError("; ".join(fault.messages)) from None
        except AssayError as fault:
            raise CommandError(str(fault)) from None
        self.stdout.write(
            f"{price}: holds for calls that come in from now on; `recompute` prices those that are stored"
        )

    def _remove(self, project: Project, options: dict[str, Any]) -> None:
        count, _ = ProjectPrice.objects.filter(project=project, model=options["model"], since=options["since"]).delete()
        if not count:
            raise CommandError(f"{project.name} has no price for {options['model']!r} from {options['since']}")
        self.stdout.write("removed")

    def _recompute(self, project: Project, options: dict[str, Any]) -> None:
        own = load(project.pk).get(project.pk, NONE)
        try:
            recompute(
                store(), project.pk, own, options["start"], _end(options), lambda day: self.stderr.write(f"{day} done")
            )
        except AssayError as fault:
            raise CommandError(f"{fault}; run the same command again") from fault

    def _compare(self, project: Project, options: dict[str, Any]) -> None:
        start, end = (datetime.combine(day, time(), UTC) for day in (options["start"], _end(options)))
        for row in client_costs(project.pk, start, end, limits="worker"):
            self.stdout.write(
                f"{row.provider} {row.model}: {row.spans} calls, clients say {row.client_cost_usd:.6f} USD,"
                f" the price table {row.cost_usd:.6f}; {row.unpriced} without a price here"
            )


def _end(options: dict[str, Any]) -> date:
    end: date | None = options["end"]
    return end or datetime.now(tz=UTC).date() + timedelta(days=1)
