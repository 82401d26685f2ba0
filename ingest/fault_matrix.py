"""The fault matrix: which answer makes which client send again or drop, and so which status each refusal has.

Measured with the real clients, version by version, against a server that answered each status on purpose (2026-11). No
client reads the words of an answer to decide, so the status alone says "later" or "never".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # ships no types

from backend.errors import AssayError

LATER: Final = frozenset({429, 503})
"""Statuses that we answer where the same request may be taken later; all others are final."""

GRPC_CODES: Final = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 3, 415: 3, 429: 8, 500: 13, 501: 12, 503: 14}
"""google.rpc.Code by HTTP status; 413 is no RESOURCE_EXHAUSTED, at which Python's exporter sends again."""

RETRY_INFO: Final = "google.rpc.retryinfo-bin"


@dataclass(frozen=True, slots=True)
class Client:
    """What a client does with an answer.

    Attributes:
        name: of the client and the versions that were measured.
        again: statuses (over gRPC: codes) at which it sends the same again; at all other refusals it drops.
        tries: how many times it sends in all before it gives up at 503, or UNAVAILABLE.
        seconds: from the first of these to the last; a server that is away for longer loses what is not kept elsewhere.
        heeds_wait: whether it waits as long as Retry-After, or RetryInfo, says.
    """

    name: str
    again: frozenset[int]
    tries: int
    seconds: float
    heeds_wait: bool


_SERVER_FAULTS = frozenset({500, 501, 502, 503, 504})

HTTP_CLIENTS: Final = (
    Client("OpenTelemetry Python 1.45, and all that export with it", frozenset({429, 502, 503, 504}), 4, 7, True),
    Client("OpenTelemetry JavaScript", frozenset({429, 502, 503, 504}), 5, 8.5, True),
    Client("Logfire 5.2 (keeps on disk)", _SERVER_FAULTS | {408, 429}, 0, 0, False),
    Client("Langfuse 5.0, scores", _SERVER_FAULTS | {429}, 3, 2, False),
    Client("Langfuse 2 to 4, batches", _SERVER_FAULTS | {207, 429}, 3, 2, False),
    Client("LangSmith 0.15", frozenset({408, 425, 429, 500, 502, 503, 504}), 4, 4, True),
    Client("Opik 2.2", frozenset({429, 500, 502, 503, 504}), 3, 12, True),
    Client("PostHog 7.91", _SERVER_FAULTS | {408, 429}, 4, 7, True),
    Client("OpenAI Agents 0.24", _SERVER_FAULTS | {408, 409, 429}, 3, 3, False),
)
"""Clients over HTTP; ``tries`` 0 where it goes on until it succeeds."""

GRPC_CLIENTS: Final = (Client("OpenTelemetry Python 1.45", frozenset({1, 4, 8, 10, 11, 14, 15}), 4, 7, True),)
"""Clients over gRPC."""


def grpc_code(error: AssayError) -> int:
    """Number of the google.rpc.Code that says what the error's HTTP status says."""
    return GRPC_CODES.get(error.status, 13)


def wait_s(error: AssayError) -> int | None:
    """Seconds after which to send again; None where that is of no use."""
    return int(getattr(error, "retry_after_s", 2)) if error.status in LATER else None


def headers(error: AssayError) -> list[tuple[bytes, bytes]]:
    """Headers of HTTP that belong to a refusal."""
    if (wait := wait_s(error)) is not None:
        return [(b"retry-after", str(wait).encode())]
    if error.status == 401:
        return [(b"www-authenticate", b'Bearer realm="Assay"')]
    return [(b"allow", b"POST")] if error.status == 405 else []


def trailing(error: AssayError) -> tuple[tuple[str, bytes], ...]:
    """Trailing metadata of gRPC: without it, OTLP clients take a used-up limit for final."""
    if (wait := wait_s(error)) is None:
        return ()
    return ((RETRY_INFO, RetryInfo(retry_delay=Duration(seconds=wait)).SerializeToString()),)
