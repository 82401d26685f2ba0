"""Addresses that messages are posted to: https, outside the own network, and without following where they point."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

import httpx

from backend.env import env
from backend.errors import BadRequest

_TIMEOUT: Final = httpx.Timeout(10, connect=5)
_PORTS: Final = {"http": 80, "https": 443}


class Refused(Exception):
    """The other side did not take a message."""


def check(url: str) -> tuple[str, str, int, str]:
    """Read the address of a webhook.

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
        raise BadRequest("the address of a webhook must not hold a user name or password")
    if parts.scheme == "http" and not env().alerts_private_targets:
        raise BadRequest("the address of a webhook must begin with https://")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path


def resolve(host: str, port: int) -> str:
    """The address to connect to; checked here and used as it is, so that a second look-up cannot differ.

    Raises:
        Refused: the host is unknown, or any of its addresses lies inside a private network.
    """
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as fault:
        raise Refused(f"{host} cannot be found: {fault}") from None
    inside = [one for one in found if not ipaddress.ip_address(one.partition("%")[0]).is_global]
    if inside and not env().alerts_private_targets:
        raise Refused(f"{host} lies in a private network; ASSAY_ALERTS_PRIVATE_TARGETS=1 allows that")
    return sorted(found)[0]


def post(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Post JSON.

    Raises:
        BadRequest: the address can never work.
        Refused: anything else went wrong, with the answer's status.
    """
    scheme, host, port, path = check(url)
    at = resolve(host, port)
    named = f"[{host}]" if ":" in host else host
    sent = {"Content-Type": "application/json", "User-Agent": "Assay", **headers}
    sent["Host"] = named if port == _PORTS[scheme] else f"{named}:{port}"
    address = f"{scheme}://{f'[{at}]' if ':' in at else at}:{port}{path}"
    try:
        # The certificate is held against the name, though the connection goes to the address that was checked.
        with httpx.Client(timeout=_TIMEOUT, trust_env=False) as client:
            answer = client.post(address, content=body, headers=sent, extensions={"sni_hostname": host})
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise Refused(f"{host}: {fault or type(fault).__name__}") from fault
    if not 200 <= answer.status_code < 300:
        raise Refused(f"{host} answered {answer.status_code}")
