"""Play the sample project: a month of a shop's support assistant, with known faults."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.env import env
from backend.errors import AssayError
from ingest.sample.live import keep_playing
from ingest.sample.plan import plan
from ingest.sample.play import Player, play
from ingest.sample.script import Conversation, Turn
from ingest.sample.truth import write_truth

KEY_VARIABLE = "ASSAY_SAMPLE_KEY"


class Command(BaseCommand):
    """Plan, write down what is known, send."""

    help = "Send a month of conversations of an invented shop, with known faults, through the real OpenTelemetry SDK."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say where to, how much and of which month."""
        parser.add_argument("--project", default="sample", help="slug of the project whose key is used")
        parser.add_argument("--endpoint", default="", help="address of Assay, without /v1/traces")
        parser.add_argument("--key", default="", help=f"secret key of the project; else {KEY_VARIABLE}")
        parser.add_argument("--conversations", type=_positive, default=2_000)
        parser.add_argument("--days", type=_positive, default=30)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--now", type=_moment, default=None, help="end of the month, ISO 8601")
        parser.add_argument("--truth", type=Path, default=None, help="file for the ground truth, JSON lines")
        parser.add_argument("--live", action="store_true", help="go on in real time, a few conversations a minute")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Play the month and, where wanted, the present."""
        endpoint = options["endpoint"] or env().base_url
        key = options["key"] or os.environ.get(KEY_VARIABLE, "")
        if not key:
            raise CommandError(f"no key for the project {options['project']}: give --key or set {KEY_VARIABLE}")
        truth = options["truth"] or env().home / "sample" / "truth.jsonl"
        try:
            self._month(endpoint, key, truth, options)
            if options["live"]:
                self._present(endpoint, key, truth, options["seed"])
        except AssayError as fault:
            raise CommandError(str(fault)) from fault

    def _month(self, endpoint: str, key: str, truth: Path, options: dict[str, Any]) -> None:
        began = time.monotonic()
        now = options["now"] or datetime.now(UTC)
        conversations = plan(options["seed"], now, options["conversations"], options["days"])
        turns = write_truth(conversations, truth)
        sent = play(conversations, endpoint, key, self._progress())
        took = time.monotonic() - began
        self.stdout.write(f"sent {len(conversations):,} conversations, {turns:,} turns, {sent:,} spans in {took:.0f} s")
        self.stdout.write(f"what is known about them is in {truth}")

    def _present(self, endpoint: str, key: str, truth: Path, seed: int) -> None:
        self.stdout.write("playing on in real time; Ctrl-C ends it")
        with Player(endpoint, key) as player:

            def send(conversation: Conversation, turn: Turn) -> None:
                player.play(conversation, turn)
                player.flush()
                write_truth([conversation.only(turn)], truth, append=True)
                when = datetime.now(UTC)
                self.stdout.write(f"{when:%H:%M:%S} {conversation.id} turn {turn.number + 1}: {turn.ask[:70]!r}")

            try:
                keep_playing(seed, send, time.sleep, time.time)
            except KeyboardInterrupt:
                self.stdout.write(f"ended after {player.sent:,} spans")

    def _progress(self) -> Any:
        """A line that grows on a terminal, and now and then a line of its own elsewhere."""
        terminal = self.stdout.isatty()
        said = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal said
            due = time.monotonic() - said > (0.1 if terminal else 2.0)
            if due or (terminal and done == total):
                said = time.monotonic()
                text = f"sent {done:,} of {total:,} conversations"
                stays = done == total or not terminal
                self.stdout.write(f"\r{text}" if terminal else text, ending="\n" if stays else "")

        return tell


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _moment(text: str) -> datetime:
    """A time; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
