"""Tool calls that were fine, spoiled: one value exchanged for what another conversation gave the same tool."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, TypeAlias

from analytics.detectors.turn import ToolCall, Turn

Pool: TypeAlias = Mapping[tuple[str, str], Sequence[Any]]
"""Values by tool and argument."""


def pool_of(talks: Sequence[Sequence[Turn]]) -> Pool:
    """Collect what calls were given."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for talk in talks:
        for turn in talk:
            for call in turn.tool_calls:
                for key, value in _plain(call).items():
                    found[call.name, key].add(str(value))
    return {place: sorted(values) for place, values in found.items()}


def spoiled(turn: Turn, pool: Pool, dice: Random) -> Turn | None:
    """Exchange one value of one call; None where nothing else is known to put there.

    A result that repeats the value repeats the new one, as the tool would have.
    """
    place = dice.randrange(len(turn.tool_calls))
    call = turn.tool_calls[place]
    plain = _plain(call)
    keys = list(plain)
    dice.shuffle(keys)
    for key in keys:
        old = str(plain[key])
        others = [one for one in pool.get((call.name, key), ()) if one.lower() != old.lower()]
        if others:
            new = dice.choice(others)
            result = call.result.replace(old, new) if len(old) > 1 else call.result
            changed = replace(call, arguments=json.dumps({**_all(call), key: new}), result=result)
            return replace(turn, tool_calls=[*turn.tool_calls[:place], changed, *turn.tool_calls[place + 1 :]])
    return None


def pairs(talks: Sequence[Sequence[Turn]], seed: int) -> Iterator[tuple[Turn, Turn]]:
    """Give one turn with tool calls of each conversation, as it was and spoiled."""
    dice = Random(seed)  # noqa: S311 - the same cases each time
    pool = pool_of(talks)
    for talk in talks:
        called = [turn for turn in talk if turn.tool_calls]
        if called:
            turn = dice.choice(called)
            if changed := spoiled(turn, pool, dice):
                yield turn, changed


def _all(call: ToolCall) -> dict[str, Any]:
    try:
        found = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _plain(call: ToolCall) -> dict[str, Any]:
    """Texts and numbers that a call was given."""
    return {
        key: value
        for key, value in _all(call).items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
