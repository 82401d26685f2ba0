"""What a client's values become: text, whole numbers, words. A value that does not fit is refused, not bent."""

from __future__ import annotations

import ast
import base64
import json
import math
from datetime import UTC, datetime
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()
_LONGEST_LITERAL = 100_000
_DOTTED = frozenset({
    "aws.bedrock", "azure.ai.inference", "azure.ai.openai", "gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai",
    "ibm.watsonx.ai",
})  # fmt: skip


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


def labels(value: Any) -> tuple[str, ...]:
    """A list of words, also when it was sent as words with commas between them."""
    if isinstance(value, str) and value[:1] != "[":
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return words(value)


def unquoted(value: Any) -> str:
    """Text that some clients put into JSON once more.

    >>> unquoted('"a"'), unquoted("a")
    ('a', 'a')
    """
    text = as_text(value)
    if len(text) < 2 or not text[0] == text[-1] == '"':
        return text
    try:
        inner = from_json(text)
    except ValueError:
        return text
    return inner if isinstance(inner, str) else text


def identity(value: Any) -> str:
    """Who or which conversation.

    Raises:
        ValueError: Logfire has put a note in its place.
    """
    text = unquoted(value)
    if text.startswith("[Scrubbed due to"):
        raise ValueError("scrubbed")
    return text


def vendor(value: Any) -> str:
    """A provider, in small letters as OpenTelemetry writes them; Vercel's have the kind of model behind a dot.

    >>> vendor("OpenAI"), vendor("openai.chat"), vendor("aws.bedrock")
    ('openai', 'openai', 'aws.bedrock')

    Raises:
        ValueError: it is a framework that calls providers.
    """
    text = unquoted(value).lower()
    if text not in _DOTTED:
        text = text.partition(".")[0]
    if text in {"langchain", "langgraph", "strands-agents", "litellm", "none"}:
        raise ValueError("no provider")
    return text


def json_table(value: Any) -> dict[str, Any]:
    """An object, also as JSON text.

    Raises:
        ValueError: it is none.
    """
    found = from_json(value) if isinstance(value, str) else value
    if not isinstance(found, dict) or not found:
        raise ValueError("no object")
    return found


def json_list(value: Any) -> str:
    """A list whose items may be JSON text, as JSON.

    Raises:
        ValueError: it is none.
    """
    found = from_json(value) if isinstance(value, str) else value
    if not isinstance(found, list):
        raise ValueError("no list")
    return as_json([from_json(item) if isinstance(item, str) else item for item in found])


def total_cost(value: Any) -> float:
    """What a table of costs adds up to: its total where it has one.

    Raises:
        ValueError: it is no such table.
    """
    costs = json_table(value)
    for name in ("total", "total_cost"):
        if name in costs:
            return real(costs[name])
    return sum(real(item) for item in costs.values())


def moment(value: Any) -> int:
    """A time in ISO 8601, as nanoseconds since 1970.

    Raises:
        ValueError: it is none.
    """
    found = datetime.fromisoformat(unquoted(value))
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return int(found.replace(microsecond=0).timestamp()) * 10**9 + found.microsecond * 1000


def first_token(value: Any) -> float:
    """Seconds as milliseconds; Strands sends whole milliseconds under the same name.

    Raises:
        ValueError: it is no finite number.
    """
    return float(value) if type(value) is int and value > 60 else milliseconds(value)


def one_argument(value: Any) -> str:
    """Positional arguments as Python writes them; the text of the only one where it is one text.

    >>> one_argument("('why?',)"), one_argument("(0, 1)")
    ('why?', '(0, 1)')
    """
    text = as_text(value)
    if text.startswith("(") and text.endswith(",)") and len(text) <= _LONGEST_LITERAL:
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
        if isinstance(found, tuple) and len(found) == 1 and isinstance(found[0], str):
            return found[0]
    return text


def python_table(value: Any) -> dict[str, Any]:
    """An object as Python writes it, without what is None.

    Raises:
        ValueError: it is none.
    """
    text = as_text(value)
    if len(text) > _LONGEST_LITERAL:
        raise ValueError("too long")
    try:
        found = ast.literal_eval(text)
    except (SyntaxError, MemoryError, RecursionError):
        raise ValueError("no literal") from None
    return json_table({name: item for name, item in json_table(found).items() if item is not None})


def known_cost(value: Any) -> float:
    """A cost; OpenLIT sends 0 for a model that it has no price of.

    Raises:
        ValueError: it is 0, or no finite number.
    """
    cost = real(value)
    if not cost:
        raise ValueError("no cost")
    return cost


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
