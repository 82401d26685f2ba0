"""Headers that every answer carries: no foreign script, style, frame or address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)


class SecurityHeaders:
    """Adds the policy to each answer, in both of Django's worlds so that no answer changes thread for it."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Answer with the headers added."""
        answer = self.get_response(request)
        if isinstance(answer, HttpResponse) or not isinstance(answer, Awaitable):
            return _with_policy(answer)
        return self._later(answer)

    async def _later(self, answer: Awaitable[HttpResponse]) -> HttpResponse:
        return _with_policy(await answer)


def _with_policy(answer: HttpResponse) -> HttpResponse:
    answer.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    answer.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    return answer
