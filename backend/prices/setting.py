"""A project's own prices, set and removed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.db import transaction

from backend.errors import BadRequest, NotFound
from backend.prices.models import FIGURES, ProjectPrice
from backend.projects.models import Project

MOST: Final = 200
"""Prices of one project: each is looked at for every name of a model that is new on a day."""


@transaction.atomic
def set_price(
    project: Project, model: str, since: date, figures: Mapping[str, float | None], author_name: str
) -> tuple[ProjectPrice, bool]:
    """Set what models cost from a day on; the price of the same pattern and day is replaced.

    Args:
        project: whose calls.
        model: regular expression for the whole name, whatever its case.
        since: first day.
        figures: by their names in ``FIGURES``, USD per million tokens; what is missing or None is not told apart.
        author_name: who sets it.

    Returns:
        The price, and whether it is a new one.

    Raises:
        ValidationError: a field cannot be used; its ``message_dict`` names each.
        BadRequest: the project has as many as it may.
    """
    Project.objects.select_for_update().get(pk=project.pk)  # two at once would both find room, or no price to replace
    key = {"project": project, "model": model, "since": since}
    price = ProjectPrice.objects.filter(**key).first() or ProjectPrice(**key)
    is_new = price.pk is None
    for name in FIGURES:
        setattr(price, name, figures.get(name))
    price.author_name = author_name
    price.full_clean()
    if is_new and ProjectPrice.objects.filter(project=project).count() >= MOST:
        raise BadRequest(f"a project has at most {MOST} prices of its own; remove one first")
    price.save()
    return price, is_new


def own_price(project: Project, price_id: int) -> ProjectPrice:
    """A price of the project.

    Raises:
        NotFound: it has none by this number.
    """
    found = ProjectPrice.objects.filter(project=project, pk=price_id).first()
    if found is None:
        raise NotFound(f"there is no price {price_id} in {project.slug}")
    return found
