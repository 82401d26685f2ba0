"""Texts that people called toxic or not."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from analytics.evaluate.base import Case, LabelledSet, answered, held_back


class Surge(LabelledSet):
    """Surge: social comments, half of them toxic by the eyes of people."""

    name: ClassVar[str] = "toxicity_surge"
    files: ClassVar[tuple[str, ...]] = ("toxicity_surge_dev",)
    judges: ClassVar[tuple[str, ...]] = ("toxicity",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each held-back comment as what a user said."""
        return _said(data, self.files[0])


class Davidson(LabelledSet):
    """Davidson: tweets, offensive or hateful against neither."""

    name: ClassVar[str] = "toxicity_davidson"
    files: ClassVar[tuple[str, ...]] = ("toxicity_davidson_dev",)
    judges: ClassVar[tuple[str, ...]] = ("toxicity",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each held-back tweet as what a user said."""
        return _said(data, self.files[0])


class ConvAbuse(LabelledSet):
    """ConvAbuse: the last words of users to two chatbots, abusive by the majority of experts."""

    name: ClassVar[str] = "toxicity_convabuse"
    files: ClassVar[tuple[str, ...]] = ("toxicity_convabuse_dev",)
    judges: ClassVar[tuple[str, ...]] = ("toxicity",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each held-back last message."""
        return _said(data, self.files[0])


def _said(data: Path, file: str) -> Iterator[Case]:
    for record in held_back(data, file):
        said = record.get("text")
        if said is None:
            said = ([turn["content"] for turn in record["turns"] if turn["role"] == "user"] or [""])[-1]
        if said and said.strip():
            yield Case((answered(said, ""),), bool(record["labels"]["toxic"]), "", record["id"])
