"""What clients say their calls cost, beside what the price table makes of the same calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class ClientCost:
    """One model.

    Attributes:
        spans: calls whose client told a cost.
        client_cost_usd: what the clients say of those that have both.
        cost_usd: what the price table says of the same.
        unpriced: how many of them have no price here.
    """

    provider: str
    model: str
    spans: int
    client_cost_usd: float
    cost_usd: float
    unpriced: int


CLIENT_COSTS: Final = Query(
    "client_costs",
    """
    SELECT provider, if(response_model = '', request_model, response_model) AS model, count() AS spans,
        sumIf(assumeNotNull(s.client_cost_usd), s.cost_usd IS NOT NULL) AS client_cost_usd,
        sum(ifNull(s.cost_usd, 0)) AS cost_usd, countIf(s.cost_usd IS NULL) AS unpriced
    FROM span AS s FINAL
    WHERE project_id = {project_id:UInt32} AND operation IN {metered:Array(String)}
      AND start_time >= {start:DateTime64(9, 'UTC')} AND start_time < {end:DateTime64(9, 'UTC')}
      AND s.client_cost_usd IS NOT NULL
    GROUP BY provider, model
    ORDER BY abs(client_cost_usd - cost_usd) DESC, model
    """,
    ClientCost,
    limits="worker",
)
"""Models whose clients tell costs, those first whose two costs lie farthest apart."""
