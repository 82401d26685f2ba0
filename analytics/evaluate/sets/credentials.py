"""Fixtures of two secret scanners."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from analytics.evaluate.base import Case, LabelledSet, answered, held_back

_CORE = re.compile(
    r"(?:aws|github|gitlab|slack|openai|anthropic|gcp|google|hugging|stripe|twilio|sendgrid|npm|pypi|private|jwt|azure"
    r"|discord|telegram|heroku|digitalocean|databricks|shopify|square|mailgun|mailchimp|basic_auth|vault|hashicorp"
    r"|grafana|sentry|notion|atlassian)",
    re.IGNORECASE,
)
_DUMMY = re.compile(r"(?i)x{6,}|z{6,}|example|hellow|12345678")


class ScannerFixtures(LabelledSet):
    """Gitleaks and detect-secrets: their own true and false positives, exotic issuers and dummies included, by rule."""

    name: ClassVar[str] = "secrets_fixtures"
    files: ClassVar[tuple[str, ...]] = ("secrets_gitleaks_dev", "secrets_detectsecrets_dev")
    judges: ClassVar[tuple[str, ...]] = ("secret",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each held-back fixture whose label is sure, as an answer."""
        for file in self.files:
            for record in held_back(data, file):
                if record["labels"]["has_secret"] is not None:
                    turn = answered("Show me the file.", record["text"])
                    yield Case((turn,), record["labels"]["has_secret"], record["labels"]["rule"], record["id"])


class CoreProviders(LabelledSet):
    """The same fixtures of core providers only, dummies such as `AKIAZZZZ` left out, against all false positives."""

    name: ClassVar[str] = "secrets_core"
    files: ClassVar[tuple[str, ...]] = ScannerFixtures.files
    judges: ClassVar[tuple[str, ...]] = ("secret",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give the held-back fixtures of cloud, code, chat, payment, mail and model providers, keys and tokens."""
        for case in ScannerFixtures().cases(data):
            text = case.turns[0].output_text
            if not case.label or (_CORE.match(case.group) and not _DUMMY.search(text)):
                yield case
