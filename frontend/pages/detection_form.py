"""What an owner fills in of a detector's settings."""

from __future__ import annotations

from django.http import QueryDict

from backend.detection.choices import Choice
from backend.errors import BadRequest


def read(sent: QueryDict, usual_on: bool) -> Choice:
    """Read on or off, threshold and share in percent; what is as the detector was made is not kept as chosen.

    Args:
        sent: the form.
        usual_on: whether the detector runs unless a project says otherwise.

    Raises:
        BadRequest: a field is no number or beyond its limits; the message names it.
    """
    is_on = sent.get("is_enabled", "") == "on"
    return Choice(
        is_enabled=None if is_on == usual_on else is_on,
        threshold=threshold_of(sent),
        share=_number(sent.get("share", "100").strip() or "100", "share") / 100,
    )


def threshold_of(sent: QueryDict) -> float | None:
    """Read a threshold; None where the field is empty.

    Raises:
        BadRequest: it is no number.
    """
    text = sent.get("threshold", "").strip()
    return _number(text, "threshold") if text else None


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadRequest(f"{name} is {text[:20]!r}; it must be a number") from None
