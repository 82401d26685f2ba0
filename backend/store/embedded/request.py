"""What a request asks for: parameters of the URL and of forms, headers, and who asks."""

from __future__ import annotations

import hmac
import re
import uuid
from base64 import b64decode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from backend.store.embedded.errors import Code, Fault, fault

USER = "assay"
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
# Spoken between client and server, not settings of a query. Sessions are accepted and hold nothing.
_TRANSPORT = {
    "buffer_size", "client_protocol_version", "close_session", "compress", "database", "decompress", "default_format",
    "password", "query", "query_id", "quota_key", "role", "session_check", "session_id", "session_timeout",
    "stacktrace", "user", "wait_end_of_query",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request without its body.

    Attributes:
        query: SQL from the URL; the body follows it.
        settings: query settings, as text, in the order of the URL.
        parameters: values for ``{name:Type}`` in ClickHouse's escaped text, without the prefix ``param_``.
        waits: whether the answer may start only when all of it is known (``wait_end_of_query``).
        reads_only: whether the method forbids changes, as GET does.
    """

    query: bytes = b""
    query_id: str = ""
    database: str = ""
    default_format: str = "TabSeparated"
    settings: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False
    packs: bool = False
    reads_only: bool = False
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def promised_s(self) -> float:
        """Seconds within which the query ends, by its own setting; infinite without."""
        try:
            return float(self.settings.get("max_execution_time", "0")) or float("inf")
        except ValueError:
            return float("inf")


def headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; the last of several wins."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}


def read(method: str, query_string: bytes, headers: Mapping[str, str]) -> Request:
    """Read the URL and the headers.

    Raises:
        Fault: a name that can be no setting, or a part of the interface that is not served.
    """
    return with_fields(Request(method=method, headers=headers, reads_only=method == "GET"), _pairs(query_string))


def with_fields(request: Request, pairs: Iterable[tuple[str, bytes]]) -> Request:
    """The request with further parameters, of its URL or of a form.

    Raises:
        Fault: as ``read``.
    """
    transport: dict[str, str] = {}
    settings, parameters, query = dict(request.settings), dict(request.parameters), request.query
    for name, value in pairs:
        text = value.decode(errors="backslashreplace")  # \xHH is how ClickHouse's escaped text writes a byte
        if name == "query":
            query = value
        elif name.startswith("param_"):
            parameters[_checked(name[len("param_") :], "parameter")] = text
        elif name in _TRANSPORT:
            transport[name] = text
        else:
            settings[_checked(name, "setting")] = text
    return _assembled(request, query, transport, settings, parameters)


def _assembled(
    request: Request, query: bytes, transport: dict[str, str], settings: dict[str, str], parameters: dict[str, str]
) -> Request:
    for name in ("compress", "decompress"):
        if transport.get(name, "0") not in {"0", "false", ""}:
            raise fault(Code.NOT_IMPLEMENTED, f"{name}=1 is not served; use HTTP compression.")
    headers = request.headers
    return Request(
        query=query,
        query_id=transport.get("query_id") or request.query_id or str(uuid.uuid4()),
        database=transport.get("database") or request.database or headers.get("x-clickhouse-database", ""),
        default_format=transport.get("default_format") or headers.get("x-clickhouse-format") or request.default_format,
        settings=settings,
        parameters=parameters,
        waits=request.waits or transport.get("wait_end_of_query", "0") in {"1", "true"},
        packs=settings.get("enable_http_compression", "0") in {"1", "true"},
        reads_only=request.reads_only,
        method=request.method,
        headers=headers,
    )


def _pairs(query_string: bytes) -> Iterable[tuple[str, bytes]]:
    for part in query_string.split(b"&"):
        if part:
            name, _, value = part.replace(b"+", b" ").partition(b"=")
            yield unquote_to_bytes(name).decode(errors="backslashreplace"), unquote_to_bytes(value)


def _checked(name: str, what: str) -> str:
    if not _NAME.match(name):
        raise fault(Code.UNKNOWN_SETTING, f"Unknown {what} {name[:100]!r}: a name is letters, digits and underscores.")
    return name


def authenticate(headers: Mapping[str, str], secret: str) -> None:
    """Let the one user in.

    Raises:
        Fault: no secret came with the request, or another one.
    """
    user, key = _credentials(headers)
    # Both are compared, and in a time that does not depend on where they differ.
    known = hmac.compare_digest(user.encode(), USER.encode()) & hmac.compare_digest(key.encode(), secret.encode())
    if not known:
        raise _unknown(user)


def _credentials(headers: Mapping[str, str]) -> tuple[str, str]:
    if "x-clickhouse-user" in headers or "x-clickhouse-key" in headers:
        return headers.get("x-clickhouse-user", ""), headers.get("x-clickhouse-key", "")
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        with suppress(ValueError):
            user, _, key = b64decode(token, validate=True).decode().partition(":")
            return user, key
    return "", ""


def _unknown(user: str) -> Fault:
    shown = user[:64].encode(errors="backslashreplace").decode()
    return fault(
        Code.AUTHENTICATION_FAILED,
        f"{shown or 'default'}: Authentication failed: password is incorrect, or there is no user with such name.",
    )
