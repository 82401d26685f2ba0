"""The reviewer's form: what can be chosen, what was filled in, and how long it took."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import QueryDict

from analytics.detection.labels import MISSED
from backend.errors import BadRequest
from backend.review.models import Cause, Verdict
from frontend.templatetags.figures import duration

MOST_TEXT: Final = 20_000
MOST_SECONDS: Final = 3600.0
"""A tab left open is no judgement that took a day; the median would not mind, a mean would."""
SKIP_REASONS: Final = ("Not enough context", "Cannot read the language", "Holds personal data", "Not for me to judge")
UNSURE: Final = "unsure"
_FLAG: Final = "flag-"


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was filled in.

    Attributes:
        flags: detector to ``confirmed``, ``rejected`` or ``missed``.
        seconds: as the browser measured, 0 where it did not.
        given: whether it is a verdict that stands already.
    """

    grade: str = ""
    cause: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    correction: str = ""
    comment: str = ""
    seconds: float = 0.0
    given: bool = False

    @property
    def chosen_cause(self) -> str:
        """The option that stands chosen; nobody is unsure before having answered."""
        return self.cause or (UNSURE if self.grade and self.grade != Verdict.Grade.GOOD else "")

    def check(self) -> None:
        """See whether it can be kept.

        Raises:
            BadRequest: no grade was chosen, or a text is too long.
        """
        if not self.grade:
            raise BadRequest("choose a grade first: good, partly or bad")
        for name in ("correction", "comment"):
            length = len(getattr(self, name))
            if length > MOST_TEXT:
                raise BadRequest(f"the {name} has {length:,} characters; the limit is {MOST_TEXT:,}")


def of_verdict(verdict: Verdict | None) -> Filled:
    """The form as a verdict left it; empty without one."""
    if verdict is None:
        return Filled()
    return Filled(
        grade=verdict.grade,
        cause=verdict.cause,
        flags=verdict.flags,
        correction=verdict.correction,
        comment=verdict.comment,
        given=True,
    )


def of_post(sent: QueryDict) -> Filled:
    """Read what was sent; a cause belongs to an answer that is not good."""
    grade = sent.get("grade", "")
    return Filled(
        grade=grade,
        cause="" if grade == Verdict.Grade.GOOD else sent.get("cause", "").replace(UNSURE, ""),
        flags=_flags(sent),
        correction=clean(sent.get("correction", "")),
        comment=clean(sent.get("comment", "")),
        seconds=_seconds(sent.get("seconds", "")),
    )


def fitting(said: Mapping[str, str], flagged: Collection[str], known: Collection[str]) -> dict[str, str]:
    """Of what was said of detectors, what can be: flags that are there are judged, others may have been missed."""
    return {
        name: word
        for name, word in said.items()
        if (name in flagged and word != MISSED) or (word == MISSED and name in known and name not in flagged)
    }


def clean(text: str) -> str:
    """A text as it is kept: PostgreSQL takes no NUL, and browsers send line breaks as two signs."""
    return text.replace("\x00", "").replace("\r\n", "\n").strip()


def choices() -> dict[str, Any]:
    """What the form offers."""
    return {
        "grades": [{"value": value, "label": label} for value, label in Verdict.Grade.choices],
        "causes": [
            *({"value": value, "label": label} for value, label in Cause.choices),
            {"value": UNSURE, "label": "Not sure"},
        ],
        "skip_reasons": SKIP_REASONS,
    }


def pace(median_seconds: float | None) -> str:
    """How long a judgement takes, in words; empty where none was timed."""
    if median_seconds is None:
        return ""
    return f"{median_seconds:.0f} s" if median_seconds < 60 else duration(median_seconds * 1000)


def _flags(sent: QueryDict) -> dict[str, str]:
    names = [name for name in sent if name.startswith(_FLAG)]
    return {name.removeprefix(_FLAG): said for name in names if (said := sent.get(name, ""))}


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), MOST_SECONDS) if math.isfinite(seconds) else 0.0
