"""What is usual among the answers of a model, which questions got one answer, and who said which identifier."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from analytics.detectors.identifiers import fetched, said, unexplained
from analytics.detectors.usage import Use, UserTotals

if TYPE_CHECKING:
    from analytics.detectors.turn import Turn

MEASURES: Final = ("latency_ms", "cost_usd", "output_tokens", "length")
TWIN_LENGTH: Final = 100
"""Shortest answer, in code points, whose repetition says anything; "Anything else?" is asked of everyone."""
MOST_TWINS: Final = 12
_MOST_KEPT: Final = 200_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the highest values of a measure begin: empirical quantiles of ``count`` answers."""

    median: float
    p99: float
    p999: float
    count: int


@dataclass(frozen=True, slots=True)
class Peers:
    """What a turn is compared with.

    Attributes:
        group: whose answers they are, in words.
        limits: by measure, one of ``MEASURES``.
        twins: questions, cut short, that got an answer of the same words; the turn's own may be among them.
        owners: by identifier of the answer, how many other users said it; none that the turn's own user said.
        usage: what its user had used up in the day, by measure, where that is worth a word; None where too few other
            users are known.
    """

    group: str
    limits: Mapping[str, Limits] = field(default_factory=dict)
    twins: Sequence[str] = ()
    owners: Mapping[str, int] = field(default_factory=dict)
    usage: Mapping[str, Use] | None = None


class PeerGroups:
    """Collects the turns of a file, then tells each what it is compared with."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], list[float]] = {}
        self._twins: dict[bytes, dict[str, None]] = {}
        self._limits: dict[tuple[str, str], Limits] = {}
        self._sayers: dict[str, set[str]] = {}
        self._known: set[tuple[str, str]] = set()
        self._users = UserTotals()

    def add(self, turn: Turn) -> None:
        """Take a turn's figures and words."""
        self._users.add(turn)
        self._limits.clear()
        for name, value in figures(turn).items():
            kept = self._values.setdefault((turn.model, name), [])
            if len(kept) < _MOST_KEPT:
                kept.append(value)
        if (key := twin_key(turn.output_text)) and (key in self._twins or len(self._twins) < _MOST_KEPT):
            asked = self._twins.setdefault(key, {})
            if len(asked) < MOST_TWINS:
                asked[turn.input_text[:300]] = None
        for name in said(turn) if turn.user_id else ():
            if name in self._sayers or len(self._sayers) < _MOST_KEPT:
                self._sayers.setdefault(name, set()).add(turn.user_id)
        if turn.user_id and len(self._known) < _MOST_KEPT:
            self._known |= {(turn.user_id, name) for name in fetched(turn)}

    def of(self, turn: Turn) -> Peers:
        """Tell what a turn is compared with."""
        found = {name: limits for name in MEASURES if (limits := self._limits_of(turn.model, name))}
        key = twin_key(turn.output_text)
        twins = tuple(self._twins.get(key, ())) if key else ()
        return Peers(group_of(turn.model), found, twins, self._owners_of(turn), self._users.of(turn))

    def _owners_of(self, turn: Turn) -> dict[str, int]:
        if not turn.user_id or not self._sayers:
            return {}
        told = {key: self._sayers.get(key, set()) for _, _, key in unexplained(turn)}
        return {
            key: len(users)
            for key, users in told.items()
            if users and turn.user_id not in users and (turn.user_id, key) not in self._known
        }

    def _limits_of(self, model: str, name: str) -> Limits | None:
        key = (model, name)
        if key not in self._limits and (values := self._values.get(key)):
            ordered = sorted(values)
            self._limits[key] = Limits(_at(ordered, 0.5), _at(ordered, 0.99), _at(ordered, 0.999), len(ordered))
        return self._limits.get(key)


def group_of(model: str) -> str:
    """Name a peer group."""
    return f"answers of {model[:80]}" if model else "all answers"


def figures(turn: Turn) -> dict[str, float]:
    """Measures of a turn that are known."""
    found = {
        "latency_ms": turn.latency_ms, "cost_usd": turn.cost_usd, "output_tokens": turn.output_tokens,
        "length": len(turn.output_text),
    }  # fmt: skip
    return {name: float(value) for name, value in found.items() if value}


def twin_key(answer: str) -> bytes:
    """Give the key that answers of the same words share; empty for short ones."""
    if len(answer) < TWIN_LENGTH:
        return b""
    return hashlib.blake2b(" ".join(answer.lower().split()).encode("utf-8", "replace"), digest_size=12).digest()


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
