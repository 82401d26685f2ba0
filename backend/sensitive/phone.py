"""Telephone numbers: digits in groups, told from other numbers by how they are written and by what stands beside."""

from __future__ import annotations

import re
from typing import Final

CANDIDATE: Final = re.compile(
    r"(?<![\w.,:/@#=&?%$€£+-])(?:\+|\(\+?|00)?\d(?:[ .\-–()/]{0,2}\d){5,16}(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?"
    r"(?![\w%€°]|[.,:/]\d|-\d)"
)
"""At least six digits with at most two separators between them; not a part of a longer number, path or word."""

_BEFORE: Final = re.compile(
    r"(?i)(?<![a-z])(?:(?:tele)?phone|phn|tel|mobile|cell(?:ular| ?phone)?|fax|desk|office|home|work|whats ?app|sms|voicemail|landline|handy|"
    r"telefon(?:o|e)?|tél(?:éphone)?|telefono|móvil|celular|portable|(?:call|ring|reach|phone|dial|text|message|contact|page)"
    r"(?:ing|ed)? (?:me|us|him|her|them|you|back|up|on|at|to|someone|[A-Z]\w+)|call(?: me| back)?(?: on| at)?|dial|answering (?:at|on)|"
    r"messages to|reach(?:ed|able)?(?: me| us| him| her| them| you)? (?:at|on|under)|number(?: is|:)|my number|numbers?)"
    r"(?![a-z])[^\n\d]{0,24}$"
)
_AFTER: Final = re.compile(r"(?i)^\s{0,3}\(?(?:office|fax|mobile|home|work|cell|desk|phone|tel)(?![a-z])")
_DATE: Final = re.compile(
    r"(?:19|20)\d\d[-./ ]?\d{1,2}[-./ ]?\d{1,2}(?:\D|$)|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d|(?:19|20)\d\d ?[-–] ?(?:19|20)?\d\d$"
)
_OTHER: Final = re.compile(
    r"(?i)(?<![a-z])(?:isbn|issn|tax|vat|ein|employer|customer|registration|member(?:ship)?|policy|contract|claim|return|quote|aba|routing|swift|bic|doi|orders?|invoice|ticket|tracking|reference|ref|case|id|sku|serial|version|zip|"
    r"postal|pin|code|amount|total|price|score|page|pages|chapter|rfc|model|part|item|flight|reservation|account|card|"
    r"ssn|social security|passport|licen[cs]e|iban|population|area|lat|long|coordinates?|port|equals|sum)"
    r"(?![a-z])[^\n\d]{0,14}$"
)
_PARTED: Final = re.compile(r"\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}")
_FREE: Final = frozenset({"800", "888", "877", "866", "855", "844", "833", "900"})


def phone_score(text: str, start: int, end: int, *, placeholders: bool = False) -> float:
    """How sure it is that digits at a place of a text are a telephone number of somebody, 0 to 1.

    Numbers that are free to call and those that films use (555-01xx) are nobody's: 0 unless ``placeholders``.
    """
    value = text[start:end]
    core = re.split(r"(?i)\s?(?:x|ext)", value)[0]
    digits = re.sub(r"\D", "", core)
    if not 7 <= len(digits) <= 15 or _DATE.match(core):
        return 0.0
    if not placeholders and _is_nobodys(digits):
        return 0.0
    if value.count("(") != value.count(")"):
        return 0.0
    before = text[max(0, start - 60) : start]
    if _OTHER.search(before):
        return 0.0
    if _BEFORE.search(before) or _AFTER.match(text[end : end + 16]):
        return 0.85
    if core.startswith("+") and len(digits) >= 9:
        return 0.8
    if core.startswith("(") and len(digits) >= 9:
        return 0.6
    national = digits.removeprefix("1") if len(digits) == 11 else digits
    if _PARTED.search(core) and len(national) == 10 and national[0] >= "2" and national[3] >= "2":
        return 0.65
    return 0.0


def _is_nobodys(digits: str) -> bool:
    national = digits.removeprefix("00").removeprefix("1") if len(digits) > 10 else digits
    if len(national) == 10 and (national[:3] in _FREE or national[3:8] in {"55501", "55512"}):
        return True
    if len(national) == 7 and national.startswith("555"):
        return True
    return len(set(digits)) < 3 or "1234567" in digits or "7654321" in digits or digits.endswith("0000000")
