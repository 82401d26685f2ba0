"""Where OTLP is served: at the root, and where the SDKs of other tools send it."""

from __future__ import annotations

from typing import Final

HOMES: Final = ("", "/api/public/otel", "/otel", "/api/v1/otel", "/api/otel")
"""OpenTelemetry's own; Langfuse's; LangSmith's, with and without its version; LangWatch's."""


def addresses(signal: str) -> tuple[str, ...]:
    """All addresses of a signal.

    >>> addresses("traces")[1]
    '/api/public/otel/v1/traces'
    """
    return tuple(f"{home}/v1/{signal}" for home in HOMES)
