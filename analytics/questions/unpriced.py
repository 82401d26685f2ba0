"""Models without a price, with how much they were used: their cost is unknown, never zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class UnpricedModel:
    """A model that the price list does not know, and what it was asked."""

    provider: str
    model: str
    spans: int
    input_tokens: int
    output_tokens: int


_UNPRICED: Final = Query(
    "unpriced_models",
    fill("""
    SELECT provider, model, count() AS spans, sum(asked) AS input_tokens, sum(answered) AS output_tokens
    FROM (
        SELECT s.provider AS provider, @model AS model, s.input_tokens AS asked, s.output_tokens AS answered
        FROM span_preview AS s FINAL
        WHERE @project AND @in_range AND @in_environment AND @is_unpriced
    )
    GROUP BY provider, model ORDER BY spans DESC, model LIMIT 20
    """),
    UnpricedModel,
)


def unpriced_models(scope: Scope) -> list[UnpricedModel]:
    """The twenty that were used most in the range."""
    return store().fetch(_UNPRICED, **scope.parameters())
