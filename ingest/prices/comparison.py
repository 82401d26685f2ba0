"""What clients say their calls cost, beside what the price table makes of the same calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

from backend.store.connection import store
from backend.store.query import Query
from backend.telemetry import operation as op


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

    @property
    def difference(self) -> float | None:
        """By what share the table's cost is above the clients'; None where they say it was free or none is priced."""
        if not self.client_cost_usd or self.unpriced == self.spans:
            return None
        return self.cost_usd / self.client_cost_usd - 1


_CLIENT_COSTS: Final = Query(
    "client_costs",
    """
    SELECT provider, if(response_model = '', request_model, response_model) AS model, count() AS spans,
        sumIf(assumeNotNull(s.client_cost_usd), s.cost_usd IS NOT NULL) AS client_cost_usd,
        sum(ifNull(s.cost_usd, 0)) AS cost_usd, countIf(s.cost_usd IS NULL) AS unpriced
    FROM span AS s FINAL
    WHERE project_id = {project_id:UInt32} AND operation IN {metered:Array(String)}
      AND start_time >= {start:DateTime64(9, 'UTC')} AND start_time < {end:DateTime64(9, 'UTC')}
      AND s.client_cost_usd IS NOT NULL AND ({environment:String} = '' OR environment = {environment:String})
    GROUP BY provider, model
    ORDER BY abs(client_cost_usd - cost_usd) DESC, model
    LIMIT 1000
    """,
    ClientCost,
)


def client_costs(
    project_id: int,
    start: datetime,
    end: datetime,
    environment: str = "",
    *,
    limits: Literal["page", "worker"] = "page",
) -> list[ClientCost]:
    """Models whose clients tell costs, those first whose two costs lie farthest apart; at most a thousand.

    Args:
        project_id: whose.
        start: of the first call, included.
        end: excluded.
        environment: empty for all.
        limits: what the question may take.

    Raises:
        StoreError: ClickHouse is away, or the period is too long for the limits.
    """
    return store().fetch(
        replace(_CLIENT_COSTS, limits=limits),
        project_id=project_id,
        metered=sorted(op.METERED),
        start=_text(start),
        end=_text(end),
        environment=environment,
    )


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
