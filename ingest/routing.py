"""Which protocol an address belongs to: most by a look-up, those with names in them by a pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import unquote

from backend.registry import discover
from ingest.protocols.base import Protocol


@dataclass(frozen=True, slots=True)
class Match:
    """A protocol that answers a request.

    Attributes:
        protocol: it.
        parameters: what the names of its route stood for.
        post_only: another method is a mistake of the client, and told so.
    """

    protocol: Protocol
    parameters: Mapping[str, str] = field(default_factory=dict)
    post_only: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    paths: dict[str, Match]
    routes: list[tuple[str, re.Pattern[str], Protocol]]


@cache
def _table() -> _Table:
    found = [kind() for kind in discover("ingest.protocols", Protocol).values()]  # type: ignore[type-abstract]
    paths = {path: Match(protocol, post_only=True) for protocol in found for path in protocol.paths}
    routes = [(method, _pattern(route), protocol) for protocol in found for method, route in protocol.routes]
    return _Table(paths, routes)


def match(method: str, path: str) -> Match | None:
    """Find who answers; None leaves the request to Django."""
    table = _table()
    exact = table.paths.get(path)
    if exact is not None:
        return exact
    for wanted, pattern, protocol in table.routes:
        if method == wanted and (hit := pattern.fullmatch(path)) is not None:
            return Match(protocol, {name: unquote(value) for name, value in hit.groupdict().items()})
    return None


def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(route)))
