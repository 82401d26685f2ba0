"""Fixtures of two secret scanners."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from analytics.evaluate.base import Case, LabelledSet, answered, held_back


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
