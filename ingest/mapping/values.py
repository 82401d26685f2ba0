"""What a client's values become: text, whole numbers, words. A value that does not fit is refused, not bent."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()


def as_text(value: Any) -> str:
    """Any value as text: words as they are, true and false, numbers in full, structures as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    return as_json(value)


def as_json(value: Any) -> str:
    """A structure as JSON; lone surrogates are replaced, since JSON text is UTF-8."""
    try:
        return _encoder.encode(value).decode()
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(mended(value), ensure_ascii=False)


def from_json(text: str | bytes) -> Any:
    """Read JSON text; lone surrogates in it are replaced, NaN and Infinity are let through as words.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        return _lenient(text)


def _lenient(text: str) -> Any:
    try:
        return mended(json.loads(text, parse_constant=str))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def whole(value: Any) -> int:
    """A count: a whole number from 0, also when it was written as text or as a float.

    Raises:
        ValueError: it is no such number.
    """
    if type(value) is int:
        number = value
    elif isinstance(value, bool):
        raise ValueError("a truth is no count")
    elif isinstance(value, str) or (isinstance(value, float) and value.is_integer()):
        number = int(value)
    else:
        raise ValueError("no whole number")
    if not 0 <= number < 2**63:
        raise ValueError("out of range")
    return number


def real(value: Any) -> float:
    """A finite number.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("no number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def milliseconds(value: Any) -> float:
    """Seconds as milliseconds.

    Raises:
        ValueError: it is no finite number.
    """
    return real(value) * 1000


def words(value: Any) -> tuple[str, ...]:
    """A list of words, also when it was sent as JSON text or as one word."""
    if isinstance(value, str):
        if not value:
            return ()
        if value[0] != "[":
            return (value,)
        value = from_json(value)
    if not isinstance(value, list):
        raise ValueError("no list")
    return tuple(as_text(item) for item in value)


def mended(value: Any) -> Any:
    """The same value with lone surrogates and NUL characters of its texts replaced by U+FFFD."""
    if isinstance(value, str):
        return mended_text(value)
    if isinstance(value, list | tuple):
        return [mended(item) for item in value]
    if isinstance(value, dict):
        return {mended(key): mended(item) for key, item in value.items()}
    return value


def mended_text(text: str) -> str:
    """The text with lone surrogates and NUL characters replaced by U+FFFD."""
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "\ufffd")
