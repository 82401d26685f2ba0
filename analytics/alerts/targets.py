"""Addresses that messages are posted to: https, outside the own network, and without following where they point."""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from backend.env import env
from backend.errors import BadRequest

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side answered."""

    status: int
    body: bytes


class Refused(Exception):
    """The other side did not take a message."""


def check(url: str, *, is_private: bool | None = None) -> tuple[str, str, int, str]:
    """Read an address that something is posted to.

    Args:
        url: the address.
        is_private: whether plain http is allowed; as alerts are set where not given.

    Returns:
        Scheme, host, port, and path with query.

    Raises:
        BadRequest: it is no http(s) address, or plain http to the outside.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadRequest(f"{url[:80]!r} is no web address") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadRequest(f"{url[:80]!r} is no web address; it must begin with https://")
    if parts.username or parts.password:
        raise BadRequest("the address must not hold a user name or password")
    if parts.scheme == "http" and not _allowed(is_private):
        raise BadRequest("the address must begin with https://")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path


def resolve(
    host: str, port: int, *, is_private: bool | None = None, setting: str = "ASSAY_ALERTS_PRIVATE_TARGETS"
) -> str:
    """The address to connect to; checked here and used as it is, so that a second look-up cannot differ.

    Args:
        host: name or address.
        port: of it.
        is_private: whether it may lie in a private network; as alerts are set where not given.
        setting: that allows so, for the message.

    Raises:
        Refused: the host is unknown, or any of its addresses lies inside a private network.
    """
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as fault:
        raise Refused(f"{host} cannot be found: {fault}") from None
    inside = [one for one in found if not ipaddress.ip_address(one.partition("%")[0]).is_global]
    if inside and not _allowed(is_private):
        raise Refused(f"{host} lies in a private network; {setting}=1 allows that")
    return sorted(found)[0]


def post(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Post JSON.

    Raises:
        BadRequest: the address can never work.
        Refused: anything else went wrong, with the answer's status.
    """
    reply = send(url, body, headers)
    if not 200 <= reply.status < 300:
        raise Refused(f"{urlsplit(url).hostname} answered {reply.status}")


def send(
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    seconds: float = 10.0,
    most: int = 64 * 1024,
    is_private: bool | None = None,
    setting: str = "ASSAY_ALERTS_PRIVATE_TARGETS",
) -> Reply:
    """Post JSON and read what comes back, without following where it points.

    Args:
        url: the address.
        body: JSON.
        headers: further ones.
        seconds: longest time for the whole of it.
        most: most bytes that are read of the answer.
        is_private: whether plain http and private networks are allowed; as alerts are set where not given.
        setting: that allows so, for the message.

    Raises:
        BadRequest: the address can never work.
        Refused: it cannot be reached, takes too long or says too much.
    """
    scheme, host, port, path = check(url, is_private=is_private)
    at = resolve(host, port, is_private=is_private, setting=setting)
    named = f"[{host}]" if ":" in host else host
    sent = {"Content-Type": "application/json", "User-Agent": "Assay", **headers}
    sent["Host"] = named if port == _PORTS[scheme] else f"{named}:{port}"
    address = f"{scheme}://{f'[{at}]' if ':' in at else at}:{port}{path}"
    # The certificate is held against the name, though the connection goes to the address that was checked.
    named_by = {"sni_hostname": host}
    deadline = time.monotonic() + seconds
    found = bytearray()
    try:
        timeout = httpx.Timeout(seconds, connect=min(5, seconds))
        with (
            httpx.Client(timeout=timeout, trust_env=False) as client,
            client.stream("POST", address, content=body, headers=sent, extensions=named_by) as answer,
        ):
            for part in answer.iter_bytes():
                found += part
                if len(found) > most:
                    raise Refused(f"{host} answered more than {most:,} bytes")
                if time.monotonic() > deadline:
                    raise Refused(f"{host} took longer than {seconds:g} s")
            return Reply(answer.status_code, bytes(found))
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise Refused(f"{host}: {fault or type(fault).__name__}") from fault


def _allowed(is_private: bool | None) -> bool:
    return env().alerts_private_targets if is_private is None else is_private
