"""Models without a price as pages list them, each with the address of the form that sets one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from analytics.questions.scope import Scope
from analytics.questions.unpriced import UnpricedModel, unpriced_models
from backend.prices.patterns import exactly


@dataclass(frozen=True, slots=True)
class UnpricedRow:
    """A line of the list.

    Attributes:
        one: the model and how much it was used.
        href: the form, filled with its name; empty where it has none.
    """

    one: UnpricedModel
    href: str


def unpriced_rows(slug: str, scope: Scope) -> list[UnpricedRow]:
    """The twenty that were used most in the range."""
    page = reverse("prices", args=[slug])
    return [
        UnpricedRow(one, f"{page}?{urlencode({'model': exactly(one.model)})}#set-price" if one.model else "")
        for one in unpriced_models(scope)
    ]
