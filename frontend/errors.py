"""Errors as pages: what went wrong, where, and what to do."""

from __future__ import annotations

import logging
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from backend.errors import AssayError

log = logging.getLogger(__name__)

_TITLES = {
    400: "That address cannot be read",
    403: "You may not do this",
    404: "Nothing here",
    422: "Too much at once",
    503: "The store does not answer",
}

_SHOWN = 200
"""Characters of an address that an answer repeats, encoded as in a URL: nothing in it is markup."""


class ErrorPages:
    """Turns our own errors into pages with their status; foreign ones stay loud."""

    def __init__(self, get_response: object) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; errors come to ``process_exception``."""
        answer: HttpResponse = self.get_response(request)  # type: ignore[operator]  # Django's next middleware
        return answer

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Answer with a page, or a fragment where htmx asked."""
        if not isinstance(fault, AssayError):
            return None
        if fault.status >= 500:
            log.error("%s %s: %s", request.method, request.path, fault)
        return error_page(request, fault.status, str(fault))


def error_page(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """A page that says what went wrong."""
    title = _TITLES.get(status, "Something went wrong")
    answer = render(request, "error.html", {"title": title, "message": message, "status": status}, status=status)
    if status == 503:
        answer["Retry-After"] = "5"
    return answer


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No address of ours: a page for browsers, JSON for programs."""
    if _reads_pages(request):
        return error_page(request, 404, "There is no page at this address.")
    return _told("not_found", f"nothing is served at {request.method} {quote(request.path)[:_SHOWN]}", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours; the log has it. No page is rendered, for that may be what fails."""
    text = "Something went wrong on our side; the log of the web server says what."
    if _reads_pages(request):
        return HttpResponse(text, content_type="text/plain; charset=utf-8", status=500)
    return _told("internal", text, 500)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token that its page was given, or sent from another site."""
    message = "The form was open for too long, or was sent from another site. Open its page again and send it anew."
    return error_page(request, 403, message)


def _reads_pages(request: HttpRequest) -> bool:
    """Whether a browser asks: programs send ``*/*`` or nothing, which allows for pages but does not ask for one."""
    return "text/html" in request.headers.get("Accept", "") or "HX-Request" in request.headers


def _told(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)
