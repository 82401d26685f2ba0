"""Shapes of structured personal data, the words that stand beside them, and the checks their issuers publish."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_SHORT, _FAR = 40, 80
_TEST_CARDS: Final = frozenset(
    re.findall(
        r"\d+",
        "4111111111111111 4242424242424242 4012888888881881 4222222222222 4000056655665556 5555555555554444 "
        "5105105105105100 2223003122003222 5200828282828210 378282246310005 371449635398431 378734493671000 "
        "6011111111111117 6011000990139424 3530111333300000 3566002020360505 30569309025904 38520000023237 "
        "4000000000000002 1234567812345670 4929123456789012",
    )
)
"""Numbers that card networks and payment services publish for tests."""

_CARD: Final = re.compile(
    r"(?:4\d{12}(?:\d{3})?(?:\d{3})?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11,13}|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|35\d{14}|62\d{14,17})"
)
_OTHER_CARD: Final = re.compile(r"(?:5[06-9]|6\d|2\d|3\d)\d{10,17}")
_IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21,
    "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28,
    "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24,
    "TR": 26, "UA": 29, "VG": 24, "XK": 20,
}  # fmt: skip
"""Length by country, of the IBAN registry (ISO 13616)."""

_PUBLIC_RESOLVERS: Final = frozenset(
    ("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "208.67.220.220")
)
_CARD_WORDS: Final = re.compile(r"(?i)\b(?:cards?|cc|credit|debit|visa|master ?card|amex|maestro|cvv)\b")
_PLACEHOLDER_MAIL: Final = re.compile(
    r"(?i)(?:^|[.@-])(?:examples?|test|yourdomain|your[-_.]?\w*|domain|company|companyname|email|mail\.com|acme|sample"
    r"|localhost|website|mydomain|mycompany|site|xyz|abc|invalid|foo|bar|placeholder|business)(?:[.@]|$)"
)
_ROLE_MAIL: Final = re.compile(
    r"(?i)^(?:info|support|help(?:desk)?|contact(?:us)?|sales|service|customer[._-]?\w*|no-?reply|do-?not-?reply|admin"
    r"|office|hr|jobs|careers?|press|media|feedback|billing|accounts?|team|hello|webmaster|postmaster|abuse|privacy"
    r"|security|legal|marketing|news(?:letter)?|orders?|returns?|reservations?|bookings?|enquir(?:y|ies)|user(?:name)?"
    r"|your[._-]?\w*|my[._-]?\w*|name|someone|recipient|sender|email|e-?mail|foo|bar|first(?:name)?\.?\w*|to|from"
    r"|john[._]?(?:doe|smith)|jane[._]?(?:doe|smith)|j\.?doe|johnd?|git|root|[a-z])\d{0,3}$"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of personal data.

    Attributes:
        name: in words, with an article where it takes one.
        pattern: what it looks like; group ``v`` is the datum itself, else the whole.
        beside: words that have to stand before it, or after it on the same line; None where the shape alone tells.
        sure: score of the shape, where its check holds.
        with_words: score where words that fit stand beside it.
        check: whether a value of the shape can be one; says no to placeholders.
        is_grave: whether somebody could be robbed or impersonated with it alone.
        shape: the same as ``check`` without its no to placeholders, tests and offices; None where there is none.
    """

    name: str
    pattern: re.Pattern[str]
    beside: re.Pattern[str] | None
    sure: float
    with_words: float
    check: Callable[[str], bool]
    is_grave: bool = False
    shape: Callable[[str], bool] | None = None

    def score(self, text: str, start: int, end: int, *, placeholders: bool = False) -> float:
        """How sure it is that the value at a place of a text is one, 0 to 1; 0 for none.

        Args:
            text: it.
            start: offset of the first code point of the value.
            end: offset after its last one.
            placeholders: whether what stands in documentation and tests counts too.
        """
        check = self.shape if placeholders and self.shape else self.check
        if not check(text[start:end]):
            return 0.0
        if self.beside is None or not self.is_beside(text, start, end):
            return self.sure
        return self.with_words

    def is_beside(self, text: str, start: int, end: int) -> bool:
        """Whether words that fit stand shortly before, or after on the same line."""
        after = text[end : end + _SHORT].partition("\n")[0]
        return bool(
            self.beside and (self.beside.search(text[max(0, start - _FAR) : start]) or self.beside.search(after))
        )


def luhn(digits: str) -> bool:
    """Check a number by its last digit (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _digits(value: str) -> str:
    return re.sub(r"\D", "", value)


def _is_dull(digits: str) -> bool:
    """Whether digits are a placeholder: few different ones, or counted up."""
    return len(set(digits)) < 3 or digits in "01234567890123456789" or digits in "98765432109876543210"


def _mail(value: str) -> bool:
    local, _, domain = value.partition("@")
    return not (_ROLE_MAIL.match(local) or _PLACEHOLDER_MAIL.search(domain) or _PLACEHOLDER_MAIL.search(f"{local}@"))


def _card(value: str) -> bool:
    digits = _digits(value)
    return bool(_CARD.fullmatch(digits)) and luhn(digits) and digits not in _TEST_CARDS and not _is_dull(digits)


def is_card(value: str) -> bool:
    """Whether digits have the first ones, the length and the check digit of a card network's numbers."""
    digits = _digits(value)
    return bool(_CARD.fullmatch(digits)) and luhn(digits)


def _told_card_shape(value: str) -> bool:
    digits = _digits(value)
    return bool(_CARD.fullmatch(digits) or _OTHER_CARD.fullmatch(digits))


def _told_card(value: str) -> bool:
    digits = _digits(value)
    known = _CARD.fullmatch(digits) or _OTHER_CARD.fullmatch(digits)
    return bool(known) and digits not in _TEST_CARDS and not _is_dull(digits[-8:]) and digits[:8] != "12345678"


def _ssn(value: str) -> bool:
    digits = _digits(value)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if area in {"000", "666"} or area > "899" or group == "00" or serial == "0000":
        return False
    return digits not in {"123456789", "078051120", "219099999", "111111111", "123121234"} and not _is_dull(digits)


def _ssn_shape(value: str) -> bool:
    return len(_digits(value)) == 9


def _iban(value: str) -> bool:
    return _told_iban(value) and _iban_shape(value)


def _iban_shape(value: str) -> bool:
    if not _told_iban_shape(value):
        return False
    plain = re.sub(r"\s", "", value).upper()
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(one, 36)) for one in moved)) % 97 == 1


def _told_iban_shape(value: str) -> bool:
    plain = re.sub(r"\s", "", value).upper()
    return _IBAN_LENGTHS.get(plain[:2]) == len(plain)


def _told_iban(value: str) -> bool:
    plain = re.sub(r"\s", "", value).upper()
    return _IBAN_LENGTHS.get(plain[:2]) == len(plain) and not _is_dull(_digits(plain[4:]) or "0")


def _address(value: str) -> bool:
    try:
        found = ipaddress.ip_address(value)
    except ValueError:
        return False
    return found.is_global and value not in _PUBLIC_RESOLVERS and not value.endswith((".0", ".255", ".0.1"))


def _hardware(value: str) -> bool:
    pairs = re.findall(r"[0-9a-f]{2}", value.lower())
    return len(set(pairs)) > 3 and pairs != ["00", "11", "22", "33", "44", "55"] and pairs[0] != "aa"


def _personal_number(value: str) -> bool:
    """Two digits and seven are the number of an employer in the United States (IRS, EIN), which stands on invoices."""
    return _number(value) and not re.fullmatch(r"\d{2}-\d{7}", value)


def _number(value: str) -> bool:
    digits = _digits(value)
    return len(digits) >= 4 and not _is_dull(digits)


def _cpf(value: str) -> bool:
    digits = [int(one) for one in _digits(value)]
    if len(set(digits)) < 3:
        return False
    for size in (9, 10):
        rest = sum(digit * (size + 1 - place) for place, digit in enumerate(digits[:size])) * 10 % 11 % 10
        if rest != digits[size]:
            return False
    return True


def _dni(value: str) -> bool:
    digits = _digits(value)
    return not _is_dull(digits) and value[-1].upper() == "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23]


def _always(value: str) -> bool:
    return bool(value)


def _words(parts: str) -> re.Pattern[str]:
    return re.compile(r"(?<![^\W_])(?:" + parts + r")(?![^\W\d_])", re.IGNORECASE)


_B, _E = r"(?<![\w.@/-])", r"(?![\w@]|[-./]\d)"
_LABEL = r"(?:\s{0,2}(?:numbers?|nos?\b\.?|num|n[ºr°]\.?|#|id|code))?"
_IS = r"\s{0,3}(?:is|was|:|=|#|-|->|of)?\s{0,3}[\"'(]?\s?"

KINDS: Final = (
    Kind("an e-mail address", re.compile(r"(?<![\w.+%@/-])[\w.+%-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,18}(?![\w@])"),
         None, 0.9, 0.9, _mail, shape=_always),
    Kind("a bank account (IBAN)", re.compile(rf"{_B}[A-Z]{{2}}\d{{2}}(?: ?[A-Z0-9]){{11,30}}(?![A-Za-z0-9])"),
         None, 0.97, 0.97, _iban, True, _iban_shape),
    Kind("a bank account (IBAN)", re.compile(rf"{_B}[A-Z]{{2}}\d{{2}}[A-Z0-9]{{11,30}}(?![A-Za-z0-9])"),
         _words(r"iban|account|transfer(?:red)?|bank"), 0.0, 0.8, _told_iban, True, _told_iban_shape),
    Kind("a payment card", re.compile(rf"{_B}\d(?:[ -]?\d){{12,18}}{_E}"), _CARD_WORDS, 0.7, 0.97, _card, True, is_card),
    Kind("a payment card", re.compile(rf"{_B}\d(?:[ -]?\d){{11,18}}{_E}"), _CARD_WORDS, 0.0, 0.85, _told_card, True, _told_card_shape),
    Kind("a social security number", re.compile(rf"{_B}\d{{3}}-\d{{2}}-\d{{4}}{_E}"),
         _words(r"ssns?|social security|social|tax(?:payer)?"), 0.7, 0.98, _ssn, True, _ssn_shape),
    Kind("a social security number", re.compile(rf"(?i)\b(?:ssn|social security{_LABEL}){_IS}(?P<v>\d{{3}} ?\d{{2}} ?\d{{4}}){_E}"),
         None, 0.9, 0.9, _ssn, True, _ssn_shape),
    Kind("a driver's licence", re.compile(
        rf"(?i)\b(?:driv(?:er|ing)(?:['’]?s)? ?licen[cs]e|\bdl){_LABEL}{_IS}(?P<v>[A-Z]{{0,3}}\d(?:[- ]?[A-Z0-9]){{4,18}}){_E}"),
         None, 0.9, 0.9, _number, True, _always),
    Kind("a passport", re.compile(rf"(?i)\bpassport{_LABEL}{_IS}(?P<v>[A-Z]{{0,3}}\d{{5,9}}[A-Z]?){_E}"),
         None, 0.9, 0.9, _number, True, _always),
    Kind("an identity or tax number", re.compile(
        rf"(?i)\b(?:tax(?:payer)?(?: id(?:entification)?)?|(?:national|social) insurance|nino|nhs|aadhaar|pan card|tfn|tin|itin|"
        rf"steuer-?id|personal(?:ausweis)? id|identity card|national id(?:entity)?|medicare|medical record|mrn|"
        rf"health insurance|sin|cpf|dni|nif|nie|bsn|pesel|codice fiscale|insee|personnummer)(?![a-z]){_LABEL}{_IS}"
        rf"(?P<v>[A-Z]{{0,5}}\d(?:[ .-]?\d){{5,14}}[A-Z]{{0,2}}){_E}"), None, 0.8, 0.8, _personal_number, True, _always),
    Kind("a national insurance number", re.compile(
        rf"{_B}(?!QQ|BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]{_E}"),
         _words(r"national insurance|nino|ni number"), 0.55, 0.95, _number, True, _always),
    Kind("a tax number (CPF)", re.compile(rf"{_B}\d{{3}}\.\d{{3}}\.\d{{3}}-\d\d{_E}"), None, 0.9, 0.9, _cpf, True),
    Kind("an identity number (DNI)", re.compile(rf"{_B}\d{{8}}-?[A-HJ-NP-TV-Z]{_E}"),
         _words(r"dni|nif|documento|identidad|identity"), 0.3, 0.9, _dni, True),
    Kind("a tax code (codice fiscale)", re.compile(rf"{_B}[A-Z]{{6}}\d\d[A-EHLMPRST]\d\d[A-Z]\d{{3}}[A-Z]{_E}"), None, 0.9, 0.9, _always, True),
    Kind("a bank account", re.compile(
        rf"(?i)\b(?:(?:bank )?account|sort code|acct|konto(?:nummer)?){_LABEL}{_IS}(?P<v>\d(?:[ -]?\d){{6,16}}){_E}"),
         None, 0.75, 0.75, _number, True, _always),
    Kind("a date of birth", re.compile(
        rf"(?i)\b(?:date of birth|birth ?date|d\.?o\.?b\.?|geburtsdatum|geboren am|fecha de nacimiento|date de naissance){_IS}"
        r"(?P<v>\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}(?:st|nd|rd|th)? (?:of )?[A-Z][a-z]{2,8},? \d{4}|[A-Z][a-z]{2,8} \d{1,2}(?:st|nd|rd|th)?,? \d{4})"),
         None, 0.8, 0.8, _always),
    Kind("an IP address", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d|/\d)"),
         re.compile(r"(?i)(?<![a-z])(?:ip(?:v4)?|client|visitor|user|login|logged|address|host)(?![a-z])"), 0.3, 0.8, _address),
    Kind("an IP address", re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){4,7}[0-9A-Fa-f]{1,4}(?![\w:])"),
         re.compile(r"(?i)(?<![a-z])ip(?:v6)?(?![a-z])"), 0.3, 0.8, _address),
    Kind("a hardware address", re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])"),
         re.compile(r"(?i)(?<![a-z])(?:mac|hardware|device)(?![a-z])"), 0.3, 0.7, _hardware),
    Kind("a crypto wallet", re.compile(rf"{_B}(?:bc1[a-z0-9]{{25,59}}|[13][1-9A-HJ-NP-Za-km-z]{{25,34}}|0x[0-9a-fA-F]{{40}})(?!\w)"),
         _words(r"wallet|bitcoin|btc|ethereum|eth|crypto|deposit"), 0.2, 0.45, _always),
)  # fmt: skip
