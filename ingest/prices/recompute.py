"""Costs of stored spans by the prices of now: after a price was set, corrected, or added to the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from backend.store.client import Store
from backend.store.query import Query
from backend.store.rows import SPAN_COLUMNS
from backend.telemetry import operation as op
from ingest.prices.table import OwnTable, Price, price_of

_FIRST_DAY: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class _Model:
    provider: str
    response_model: str
    request_model: str


_MODELS: Final = Query(
    "recompute_models",
    """
    SELECT DISTINCT provider, response_model, request_model
    FROM span
    WHERE project_id = {project_id:UInt32} AND operation IN {metered:Array(String)}
      AND start_time >= {start:DateTime64(9, 'UTC')} AND start_time < {end:DateTime64(9, 'UTC')}
    """,
    _Model,
    limits="worker",
)

_TOKENS: Final = (
    "(uncached_input_tokens + cached_input_tokens + cache_write_input_tokens + audio_input_tokens"
    " + visible_output_tokens + reasoning_output_tokens + audio_output_tokens)"
)
_COST: Final = f"""
    if({_TOKENS} = 0, if(status = 'error', 0, NULL), round((
        uncached_input_tokens * {{input:Nullable(Float64)}}
        + cached_input_tokens * {{cached_input:Nullable(Float64)}}
        + (cache_write_input_tokens - hour_cache_write_input_tokens) * {{cache_write:Nullable(Float64)}}
        + hour_cache_write_input_tokens * {{cache_write_hour:Nullable(Float64)}}
        + if(audio_input_tokens = 0, 0, audio_input_tokens * {{audio_input:Nullable(Float64)}})
        + (visible_output_tokens + reasoning_output_tokens) * {{output:Nullable(Float64)}}
        + if(audio_output_tokens = 0, 0, audio_output_tokens * {{audio_output:Nullable(Float64)}})
    ) / 1000000, 12))
"""
_CALLS: Final = f"""
    SELECT *, {_COST} AS new_cost FROM span FINAL
    WHERE project_id = {{project_id:UInt32}} AND operation IN {{metered:Array(String)}}
      AND start_time >= {{start:DateTime64(9, 'UTC')}} AND start_time < {{end:DateTime64(9, 'UTC')}}
      AND provider = {{provider:String}} AND response_model = {{response_model:String}}
      AND request_model = {{request_model:String}}
"""  # noqa: S608 - names of columns only
_IS_CHANGED: Final = "ifNull(abs(s.cost_usd - new_cost) > 1e-12, isNull(s.cost_usd) != isNull(new_cost))"


@dataclass(frozen=True, slots=True)
class Change:
    """What another price makes of one model's calls of a day.

    Attributes:
        provider: as the client names it.
        response_model: empty where no model answered.
        request_model: empty where none is known.
        calls: of this model.
        changed: of them, those whose cost is another.
        before_usd: their cost as it is stored; what has none counts as nothing.
        after_usd: their cost by the prices of now.
        unpriced_before: calls with tokens and without a cost.
        unpriced_after: the same by the prices of now.
    """

    provider: str
    response_model: str
    request_model: str
    calls: int
    changed: int
    before_usd: float
    after_usd: float
    unpriced_before: int
    unpriced_after: int


_CHANGE: Final = Query(
    "recompute_change",
    f"""
    SELECT {{provider:String}} AS provider, {{response_model:String}} AS response_model,
        {{request_model:String}} AS request_model, count() AS calls, countIf({_IS_CHANGED}) AS changed,
        sum(ifNull(s.cost_usd, 0)) AS before_usd, sum(ifNull(new_cost, 0)) AS after_usd,
        countIf(s.cost_usd IS NULL AND {_TOKENS} > 0) AS unpriced_before,
        countIf(new_cost IS NULL AND {_TOKENS} > 0) AS unpriced_after
    FROM ({_CALLS}) AS s
    """,  # noqa: S608 - names of columns only
    Change,
    limits="worker",
)
_KEPT: Final = ", ".join(f"s.{name}" if name != "cost_usd" else "new_cost" for name in SPAN_COLUMNS)
_REWRITE: Final = f"""
    INSERT INTO span ({", ".join(SPAN_COLUMNS)})
    SELECT {_KEPT} FROM ({_CALLS}) AS s
    WHERE {_IS_CHANGED}
    SETTINGS max_threads = 1, max_memory_usage = 2147483648, log_comment = 'recompute_costs'
"""  # noqa: S608 - names of columns only


def recompute(
    store: Store, project_id: int, own: Sequence[Price], start: date, end: date, tell: Callable[[date], None]
) -> None:
    """Price all model calls of a range of days anew; those whose cost is another are stored again.

    It may be ended and run again at any time. Turns and totals follow as they follow any span that is sent again.

    Args:
        store: where the spans are.
        project_id: whose.
        own: prices that the project set, the latest first.
        start: first day.
        end: the day after the last.
        tell: is told each day that is done.

    Raises:
        StoreError: ClickHouse is away or refused; what was done stays done.
    """
    day = start
    while day < end:
        store_anew(store, project_id, own, day, changes_of(store, project_id, own, day))
        tell(day)
        day += timedelta(days=1)


def changes_of(store: Store, project_id: int, own: Sequence[Price], day: date) -> list[Change]:
    """What the prices of now would make of each model's calls of a day (UTC); nothing is stored.

    Raises:
        StoreError: ClickHouse is away or refused.
    """
    found = store.fetch(_MODELS, **_scope(project_id, day))
    return [
        store.fetch(
            _CHANGE, **_of_model(project_id, own, day, (model.provider, model.response_model, model.request_model))
        )[0]
        for model in found
    ]


def store_anew(store: Store, project_id: int, own: Sequence[Price], day: date, changes: Sequence[Change]) -> None:
    """Store the calls of a day again whose cost is another; done twice it is done once.

    Args:
        store: where the spans are.
        project_id: whose.
        own: prices that the project set, the latest first.
        day: in UTC.
        changes: which models' calls, as ``changes_of`` found them; those without a change are left alone.

    Raises:
        StoreError: ClickHouse is away or refused; what was done stays done.
    """
    for one in changes:
        if one.changed:
            names = (one.provider, one.response_model, one.request_model)
            store.command(_REWRITE, _of_model(project_id, own, day, names))


def _scope(project_id: int, day: date) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "metered": sorted(op.METERED),
        "start": f"{day} 00:00:00",
        "end": f"{day + timedelta(days=1)} 00:00:00",
    }


def _of_model(project_id: int, own: Sequence[Price], day: date, names: tuple[str, str, str]) -> dict[str, Any]:
    price = price_of(*names, (day - _FIRST_DAY).days, OwnTable(own))
    named = dict(zip(("provider", "response_model", "request_model"), names, strict=True))
    return _scope(project_id, day) | named | _rates(price)


def _rates(price: Price | None) -> dict[str, Any]:
    if price is None:
        names = ("input", "cached_input", "cache_write", "cache_write_hour", "audio_input", "output", "audio_output")
        return dict.fromkeys(names)
    written = price.input if price.cache_write is None else price.cache_write
    return {
        "input": price.input,
        "cached_input": price.input if price.cached_input is None else price.cached_input,
        "cache_write": written,
        "cache_write_hour": written if price.cache_write_hour is None else price.cache_write_hour,
        "audio_input": price.audio_input,
        "output": price.output,
        "audio_output": price.audio_output,
    }
