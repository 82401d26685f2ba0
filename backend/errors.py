"""The one tree of errors: each message says what, where and what to do; faces turn them into answers."""

from __future__ import annotations


class AssayError(Exception):
    """Base of every error that Assay raises on purpose.

    Attributes:
        status: the HTTP status a face answers with.
        code: a stable word for machines, such as ``body_too_large``.
    """

    status = 500
    code = "internal"


class BadRequest(AssayError):
    """What was sent cannot be read; the message names the fault and, where there is one, the limit."""

    status = 400
    code = "bad_request"


class NotAuthenticated(AssayError):
    """No key or sign-in came with the request, or it is not known."""

    status = 401
    code = "not_authenticated"


class NotAllowed(AssayError):
    """The key or person is known and may not do this."""

    status = 403
    code = "not_allowed"


class NotFound(AssayError):
    """There is nothing by this name that the asker may see."""

    status = 404
    code = "not_found"


class MethodNotAllowed(AssayError):
    """The address is served, with other methods; the message names them."""

    status = 405
    code = "method_not_allowed"


class TooLarge(AssayError):
    """More was sent than a limit allows; the message names both sizes and the setting."""

    status = 413
    code = "too_large"


class UnsupportedMedia(AssayError):
    """The content type or encoding is none that we read."""

    status = 415
    code = "unsupported_media"


class TooMany(AssayError):
    """A rate or quota is used up; the answer carries Retry-After."""

    status = 429
    code = "too_many"
    retry_after_s = 2


class StoreError(AssayError):
    """ClickHouse refused a query.

    Attributes:
        number: ClickHouse's own error code, 0 where it gave none.
    """

    code = "store"

    def __init__(self, message: str, number: int = 0) -> None:
        super().__init__(message)
        self.number = number


class StoreAway(StoreError):
    """ClickHouse cannot be reached or is too busy; trying again later helps."""

    status = 503
    code = "store_away"


class PolicyUnread(AssayError):
    """What may be stored of a project is kept in a form that cannot be read, so that nothing may be."""

    status = 503
    code = "policy_unread"


class QueryTooHeavy(StoreError):
    """A query ran into its class's memory, row or time cap; a shorter time range helps."""

    status = 422
    code = "query_too_heavy"


class SettingError(AssayError):
    """A setting has a value that cannot be used; raised at start, never later."""

    code = "setting"
