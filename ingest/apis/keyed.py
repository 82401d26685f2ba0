"""Views that are opened by a project's secret key and speak JSON, also in their errors."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from backend.env import env
from backend.errors import AssayError, BadRequest, MethodNotAllowed, NotAuthenticated, NotFound, StoreAway, TooLarge
from backend.projects.access import require_scope
from backend.projects.models import ApiKey, Project, Scope
from ingest import fault_matrix
from ingest.keys import credentials
from ingest.mapping.values import mended
from ingest.wire.reading import json_of, table

Answer = dict[str, Any] | list[Any]
View = Callable[..., HttpResponse]

_ERRORS = {NotFound: "LangfuseNotFoundError", NotAuthenticated: "UnauthorizedError", BadRequest: "InvalidRequestError"}


class NotServed(AssayError):
    """A call of a served API that we do not answer: told so, never a false success."""

    status = 501
    code = "not_served"


def iso(moment: datetime) -> str:
    """A moment as these APIs write it.

    >>> iso(datetime(2026, 11, 22, 17, tzinfo=UTC))
    '2026-11-22T17:00:00.000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def said(value: Answer, status: int = 200) -> HttpResponse:
    """A value as JSON."""
    return HttpResponse(msgspec.json.encode(value), content_type="application/json", status=status)


ANY: Final = ""
"""Instead of a scope: every key may."""


def keyed(needs: Mapping[str, str] | None = None, /, **views: Callable[..., HttpResponse]) -> View:
    """A view that hands each method on to a function of a request, the key's project and the address's words.

    Args:
        needs: scope by method, where it is neither ``read`` for GET nor ``admin`` for the others.
        views: by method.
    """

    @open_to_all(*views)
    def view(request: HttpRequest, **words: str) -> HttpResponse:
        method = request.method or ""
        scope = (needs or {}).get(method, Scope.READ if method == "GET" else Scope.ADMIN)
        return views[method](request, project_of(request, scope), **words)

    return view


def open_to_all(*methods: str) -> Callable[[View], View]:
    """Wrap a view of some methods: other methods and our own errors are answered as JSON."""

    def wrap(inner: View) -> View:
        @csrf_exempt
        @functools.wraps(inner)
        def view(request: HttpRequest, **words: str) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise MethodNotAllowed(f"{request.method} is not served here; {', '.join(methods)} is")
                return inner(request, **words)
            except AssayError as error:
                return _refused(error)
            except (DatabaseError, InterfaceError) as fault:
                return _refused(StoreAway(f"the relational database does not answer: {fault}"))

        return view

    return wrap


def project_of(request: HttpRequest, scope: str) -> Project:
    """The project of the request's key.

    Args:
        request: with a key in its headers.
        scope: what the key must be allowed to do, or ``ANY``.

    Raises:
        NotAuthenticated: no key, an unknown or a revoked one.
        NotAllowed: the key may not do this.
    """
    public_key, secret = credentials({name.lower(): value for name, value in request.headers.items()})
    key = ApiKey.objects.by_secret(secret)
    if key is None or (public_key is not None and public_key != key.public_key):
        raise NotAuthenticated("the key is not known here, or it was revoked; project settings list the keys")
    if scope != ANY:
        require_scope(key, scope)
    key.note_use()
    return key.project


def absolute(request: HttpRequest, place: str) -> str:
    """The whole address of a path, as this installation is known to its clients."""
    return f"{env().public_url.rstrip('/')}{place}" if env().public_url else request.build_absolute_uri(place)


def told_in(request: HttpRequest, most_mib: int = 0) -> dict[str, Any]:
    """The request's body, an object; NUL and lone surrogates are replaced, which databases do not take.

    Args:
        request: whose body nobody read.
        most_mib: how large it may be in MiB, where that is more than for what is kept outside the telemetry.

    Raises:
        BadRequest: it is no JSON, no object, or nested too deeply.
        TooLarge: it is larger than that, or than Django reads.
    """
    try:
        found = _storable(mended(json_of(_read(request, most_mib * 2**20) if most_mib else request.body)))
    except RequestDataTooBig:
        raise TooLarge("the body is larger than 2.5 MiB, the limit for what is kept outside the telemetry") from None
    except RecursionError:
        raise BadRequest("the body is nested too deeply") from None
    if not isinstance(found, dict):
        raise BadRequest("the body is no JSON object")
    return table(found)


def _read(request: HttpRequest, most: int) -> bytes:
    body: bytes = request.read(most + 1)
    if len(body) > most:
        raise TooLarge(f"the body is larger than {most // 2**20} MiB, the limit (ASSAY_INGEST_BODY_LIMIT_MIB)")
    return body


def _storable(value: Any) -> Any:
    """The value with infinite numbers as words: databases have no JSON for them."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items()}
    return value


def page_of(request: HttpRequest, *, limit: int = 50, most: int = 500) -> tuple[int, int]:
    """Page (from 1) and size of a page, as the query asks.

    Raises:
        BadRequest: one of them is no such number.
    """
    try:
        page, size = int(request.GET.get("page") or 1), int(request.GET.get("limit") or limit)
    except ValueError:
        raise BadRequest("page and limit are whole numbers") from None
    if page < 1 or size < 1 or page > 10**6:
        raise BadRequest("page and limit begin at 1")
    return page, min(size, most)


def paged(rows: Any, page: int, size: int, shown: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """One page of a queryset, as Langfuse's API gives pages."""
    total = rows.count()
    meta = {"page": page, "limit": size, "totalItems": total, "totalPages": -(-total // size)}
    return {"data": [shown(row) for row in rows[(page - 1) * size : page * size]], "meta": meta}


def _refused(error: AssayError) -> HttpResponse:
    name = next((name for kind, name in _ERRORS.items() if isinstance(error, kind)), error.code)
    answer = said({"error": name, "message": str(error), "detail": str(error)}, error.status)
    if (wait := fault_matrix.wait_s(error)) is not None:
        answer["Retry-After"] = str(wait)
    if error.status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="Assay"'
    return answer
