"""Refusals in ClickHouse's words: number, name, text and the HTTP status a server gives them."""

from __future__ import annotations

import re
from enum import IntEnum

from backend.errors import StoreError


class Code(IntEnum):
    """ClickHouse's numbers for what is refused before, or beside, the engine."""

    CANNOT_READ_ALL_DATA = 33
    BAD_ARGUMENTS = 36
    NOT_IMPLEMENTED = 48
    SYNTAX_ERROR = 62
    INCORRECT_QUERY = 80
    UNKNOWN_SETTING = 115
    TOO_MANY_SIMULTANEOUS_QUERIES = 202
    SOCKET_TIMEOUT = 209
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING = 216
    QUERY_IS_TOO_LARGE = 229
    ABORTED = 236
    CANNOT_DECOMPRESS = 271
    LIMIT_EXCEEDED = 290
    AUTHENTICATION_FAILED = 516
    STD_EXCEPTION = 1001


# The map of a ClickHouse server, whose every other number is a 500; 290 is ours, because here it only ever means
# that a body was too large.
_NUMBERS_OF_STATUS = {
    400: {6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676},
    401: {194},
    403: {192, 193, 497, 512, 516},
    404: {46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511},
    408: {159},
    411: {381},
    413: {229, 290},
    415: {779},
    501: {48},
    503: {76, 209, 439},
}
_STATUS = {number: status for status, numbers in _NUMBERS_OF_STATUS.items() for number in numbers}
_CODE = re.compile(r"Code: (\d+)\. ")
_VERSION = re.compile(r" \(version [\d.]+\)$")


class Fault(StoreError):
    """A request that ends in a ClickHouse exception.

    Attributes:
        text: the exception as ClickHouse writes it, ``Code: N. DB::Exception: … (NAME)``.
    """

    code = "store"

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text, number)
        self.text = text

    @property
    def http_status(self) -> int:
        """The status a ClickHouse server answers this number with."""
        return _STATUS.get(self.number, 500)

    def body(self, version: str) -> bytes:
        """The text of the answer, ended by the version as a server does."""
        return f"{self.text} (version {version})\n".encode(errors="backslashreplace")


def fault(code: Code, message: str) -> Fault:
    """A refusal of our own."""
    return Fault(code, f"Code: {code.value}. DB::Exception: {message} ({code.name})")


def from_engine(problem: Exception) -> Fault:
    """What the engine raised, with its number; the wrappers' words before the first ``Code:`` are left out."""
    text = str(problem)
    found = _CODE.search(text)
    if found is None:
        return fault(Code.STD_EXCEPTION, text or type(problem).__name__)
    return Fault(int(found[1]), _VERSION.sub("", text[found.start() :].strip()))
