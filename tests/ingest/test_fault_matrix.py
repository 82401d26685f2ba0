"""Each refusal makes each client do what it should: send again later, or drop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo

import ingest.apis.keyed
import ingest.asgi
import ingest.rpc  # noqa: F401 - all errors of both faces
from backend.errors import AssayError, SettingError, StoreError, TooMany
from ingest import fault_matrix
from ingest.fault_matrix import GRPC_CLIENTS, HTTP_CLIENTS, LATER, Client

DOCS = Path(__file__).parents[2] / "docs" / "ingest.md"
_ASKING = {"QueryTooHeavy"}  # of pages that ask, never of spans that come
_UNSERVED = {"NotServed"}  # 501 by contract: a call, not spans; half of the clients ask a few times more


def _all(kind: type[AssayError] = AssayError) -> Iterator[type[AssayError]]:
    for one in kind.__subclasses__():
        if one.__module__.startswith(("backend.errors", "ingest")):
            yield one
            yield from _all(one)


ERRORS = [
    kind
    for kind in _all()
    if kind.status != 500 and kind.__name__ not in _ASKING | _UNSERVED and kind is not StoreError
]


def _made(kind: type[AssayError]) -> AssayError:
    error = kind.__new__(kind)
    error.args = ("words",)
    return error


def test_the_errors_of_ingest_are_known() -> None:
    """The table below is about all of them."""
    names = {kind.__name__ for kind in ERRORS}
    assert {"BadRequest", "NotAuthenticated", "NotAllowed", "TooLarge", "TooMany", "StoreAway", "Disconnected"} <= names
    assert SettingError not in ERRORS


@pytest.mark.parametrize("client", HTTP_CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_over_http(kind: type[AssayError], client: Client) -> None:
    """What may be taken later is sent again, and what never will be is not."""
    assert (kind.status in client.again) == (kind.status in LATER)


@pytest.mark.parametrize("client", GRPC_CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_over_grpc(kind: type[AssayError], client: Client) -> None:
    """The same by the code."""
    assert (fault_matrix.grpc_code(_made(kind)) in client.again) == (kind.status in LATER)


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_a_wait_is_said_where_it_helps(kind: type[AssayError]) -> None:
    """Retry-After and RetryInfo stand with what may be taken later, within the time that clients go on trying."""
    error = _made(kind)
    said = dict(fault_matrix.headers(error)).get(b"retry-after")
    told = [RetryInfo.FromString(value).retry_delay.seconds for _, value in fault_matrix.trailing(error)]
    assert (said is not None) == (kind.status in LATER) == bool(told)
    if said is not None:
        assert int(said) == told[0]
        assert 1 <= told[0] < min(client.seconds for client in HTTP_CLIENTS if client.heeds_wait)


def test_a_limit_says_its_own_wait() -> None:
    """The seconds are the error's."""
    error = TooMany("later")
    error.retry_after_s = 40
    assert fault_matrix.headers(error) == [(b"retry-after", b"40")]


def test_every_code_is_one_of_grpc() -> None:
    """Numbers stand for codes that exist."""
    assert set(fault_matrix.GRPC_CODES.values()) <= {code.value[0] for code in grpc.StatusCode}


def test_the_documentation_has_each_client() -> None:
    """Its table says of each what is written here."""
    text = DOCS.read_text()
    for client in (*HTTP_CLIENTS, *GRPC_CLIENTS):
        again = ", ".join(map(str, sorted(client.again)))
        tries = f"{client.tries} in {client.seconds:g} s" if client.tries else "until it succeeds"
        assert f"| {client.name} | {again} | {tries} | {'yes' if client.heeds_wait else 'no'} |" in text
