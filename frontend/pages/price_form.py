"""A price as it is filled in: read from a form, an address or a price that is set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils import timezone

from backend.prices.models import FIGURES, ProjectPrice
from backend.prices.setting import set_price
from backend.projects.models import Project

FIELDS: Final = (
    ("input", "Input", "Needed."),
    ("output", "Output", "Needed; reasoning too."),
    ("cached_input", "Cached input", "Empty: as input."),
    ("cache_write", "Cache write", "Empty: as input."),
    ("cache_write_hour", "Cache write for an hour", "Empty: as cache write."),
    ("audio_input", "Audio input", "Empty: unpriced."),
    ("audio_output", "Audio output", "Empty: unpriced."),
)
"""Name, label and hint of each figure."""


def filled(project: Project, asked: Mapping[str, str]) -> dict[str, str]:
    """What the form shows at first: the price that ``?price=`` names, else the address's model, from today on."""
    number = asked.get("price", "")
    if number.isascii() and number.isdecimal() and len(number) < 18:
        price = ProjectPrice.objects.filter(project=project, pk=int(number)).first()
        if price is not None:
            return {"model": price.model, "since": str(price.since)} | {
                name: "" if getattr(price, name) is None else f"{getattr(price, name):.12g}" for name in FIGURES
            }
    return _texts(asked) | {"since": str(timezone.now().date())}


def keep(project: Project, sent: Mapping[str, str], author_name: str) -> tuple[ProjectPrice | None, dict[str, str]]:
    """Set the price that a form holds.

    Returns:
        The price, or None and what is wrong by field.

    Raises:
        BadRequest: the project has as many as it may.
    """
    texts, wrong = _texts(sent), {}
    figures: dict[str, float | None] = {}
    for name in FIGURES:
        try:
            figures[name] = float(texts[name]) if texts[name] else None
        except ValueError:
            wrong[name] = f"{texts[name][:40]!r} is no number."
    try:
        since = date.fromisoformat(texts["since"])
    except ValueError:
        wrong["since"] = "This must be a day, such as 2026-01-31."
    if wrong:
        return None, wrong
    try:
        return set_price(project, texts["model"], since, figures, author_name)[0], {}
    except ValidationError as fault:
        return None, {name: " ".join(said) for name, said in fault.message_dict.items()}


def fields(values: Mapping[str, str], wrong: Mapping[str, str]) -> list[dict[str, Any]]:
    """The figures of the form, each with its value and what is wrong with it."""
    return [
        {"name": name, "label": label, "hint": hint, "value": values.get(name, ""), "error": wrong.get(name, "")}
        for name, label, hint in FIELDS
    ]


def _texts(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given.get(name, "").replace("\x00", "").strip()[:400] for name in ("model", "since", *FIGURES)}
