"""Attributes that are tables of several things: who asked, when the first token came, what a call cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ingest.mapping.draft import Draft
from ingest.mapping.values import identity, labels, real

_WHO: Final[tuple[tuple[str, tuple[str, ...], Callable[[Any], Any]], ...]] = (
    ("conversation_id", ("thread_id", "session_id", "conversation_id"), identity),
    ("user_id", ("user_id",), identity),
    ("tags", ("labels", "tags"), labels),
)
"""Fields, and the names in a table of metadata that may fill each, the first that says anything."""

_FIRST: Final = "first_token_at"
"""LangWatch's name for a moment in milliseconds since 1970."""
_COSTS: Final = ("cost", "total_cost")


def put_tables(draft: Draft, fields: dict[str, Any]) -> None:
    """Fill fields from tables where nothing else does."""
    _put_who(draft, fields, draft.tables.get("metadata", {}))
    told = draft.tables.get("timestamps", {}).get(_FIRST)
    if type(told) in {int, float} and "time_to_first_token_ms" not in draft.values:
        fields["time_to_first_token_ms"] = max(0.0, told - fields["start_time"] / 1e6)


def put_cost(draft: Draft, fields: dict[str, Any], counts: Mapping[str, Any]) -> None:
    """What the client says a call cost, where it stands beside its token counts and nowhere else."""
    told = next((counts[name] for name in _COSTS if name in counts), None)
    if told is not None and "client_cost_usd" not in draft.values:
        try:
            fields["client_cost_usd"] = real(told)
        except ValueError:
            return


def _put_who(draft: Draft, fields: dict[str, Any], told: Mapping[str, Any]) -> None:
    for slot, names, convert in _WHO:
        if slot in draft.values:
            continue
        for name in names:
            try:
                found = convert(told[name])
            except (KeyError, ValueError):
                continue
            if found:
                fields[slot] = found
                break
