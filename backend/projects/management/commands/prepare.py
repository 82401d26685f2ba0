"""Bring both stores up to date and make the first user and project; may run any number of times."""

from __future__ import annotations

import json
import os
import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from backend.env import env
from backend.errors import AssayError, StoreAway
from backend.projects.provision import Provisioned, provision
from backend.store.connection import store
from backend.store.schema import migrate

_STORE_WITHIN_S = 90.0


class Command(BaseCommand):
    """Migrate both stores, then provision."""

    help = "Migrate the relational database and ClickHouse, then make the first user and project (docs/running.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file descriptor for the answer."""
        parser.add_argument("--answer-fd", type=int, help="write the sign-in there as JSON and not to the terminal")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Do each step, saying how long it took."""
        self._step("relational tables", lambda: call_command("migrate", verbosity=0, interactive=False))
        try:
            # People come before ClickHouse: where that does not answer, one can sign in and read why.
            made = provision(env())
            self._tell(made, options["answer_fd"])
            self._step("ClickHouse tables", self._migrate_store)
        except AssayError as fault:
            raise CommandError(str(fault)) from fault

    def _step(self, text: str, work: Any) -> None:
        started = time.monotonic()
        work()
        self.stdout.write(f"{text}: {time.monotonic() - started:.1f} s")

    def _migrate_store(self) -> None:
        started = said = time.monotonic()
        while away := _away():
            now = time.monotonic()
            if now - started > _STORE_WITHIN_S:
                raise away
            if now - said > 5:
                said = now
                self.stdout.write(f"waiting for ClickHouse, {now - started:.0f} s: {away}")
            time.sleep(0.1)
        for name in migrate(store(), env().clickhouse_cluster):
            self.stdout.write(f"applied {name}")

    def _tell(self, made: Provisioned, answer_fd: int | None) -> None:
        for note in made.notes:
            self.stderr.write(note)
        if answer_fd is not None:
            with os.fdopen(answer_fd, "w") as answer:
                json.dump(asdict(made), answer)
        else:
            password = f", password {made.password} (shown this once)" if made.password else ""
            self.stdout.write(f"first user {made.email}{password}; project {made.project}")


def _away() -> StoreAway | None:
    """Why ClickHouse does not answer yet; what waiting does not mend, such as a wrong password, is raised."""
    try:
        store().command("SELECT 1")
    except StoreAway as fault:
        return fault
    return None
