"""Which kinds a text may hold, in one pass: each kind's pattern costs a pass of its own, and most texts hold none.

A gate lets through everything that its kind's pattern finds and more; RE2 looks for all gates at once in linear time.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import re2

from backend.sensitive import personal_kinds, secret_kinds
from backend.sensitive.extra_kinds import KINDS as EXTRA
from backend.sensitive.extra_kinds import SECRET_NAME_GATE

PHONE: Final = "phone"
ESCAPED: Final = "escaped"
"""Gate for escapes of JSON, behind which anything may stand."""

NAMED: Final = "secret by its name"

_W, _S = r"[\p{L}\p{N}_]", r"[\s\p{Z}\p{C}]"
_N = r"\p{Nd}"
_DIGITS: Final = rf"{_N}(?:[ .\-–()/]{{0,2}}{_N}){{4}}"
_PERSONAL: Final = {
    "an e-mail address": "@",
    "a bank account (IBAN)": rf"[A-Z]{{2}}{_N}{{2}}(?: ?[A-Z0-9]){{11}}|[A-Z]{{2}}{_N}{{2}}(?: ?[A-Z{_N}]){{11}}",
    "a payment card": _DIGITS,
    "a social security number": _DIGITS,
    "a driver's licence": r"(?i)licen[cs]e|(?:\b|_)dl",
    "a passport": "(?i)passport",
    "an identity or tax number": _DIGITS,
    "a national insurance number": _DIGITS,
    "a tax number (CPF)": _DIGITS,
    "an identity number (DNI)": _DIGITS,
    "a tax code (codice fiscale)": rf"{_N}{{2}}[A-EHLMPRST]{_N}{{2}}[A-Z]{_N}{{3}}",
    "a bank account": _DIGITS,
    "a date of birth": r"(?i)birth|d\.?o\.?b|geboren|geburtsdatum|nacimiento|naissance",
    "an IP address": rf"{_N}\.{_N}{{1,3}}\.{_N}{{1,3}}\.{_N}|(?:[0-9A-Fa-f]{{1,4}}:){{4}}",
    "a hardware address": r"[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]",
    "a crypto wallet": r"bc1[a-z0-9]{25}|[13][1-9A-HJ-NP-Za-km-z]{25}|0x[0-9a-fA-F]{40}",
}
_SECRET: Final = {
    "AWS access key id": "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
    "OpenAI key": "sk-[A-Za-z0-9_-]{20}",
    "GitLab token": "gl(?:pat|ptt|rt|dt|ft|oas|soat|cbt|imt|agent|ffct|rtr)-|GR1348941",
    "Twilio key": "(?:SK|AC)[0-9a-f]{16}",
    "Mailgun key": "key-[0-9a-f]{16}",
    "Mailchimp key": rf"[0-9a-f]{{8}}-us{_N}",
    "npm token": "npm_|_authToken",
    "Terraform token": "atlasv1",
    "Atlassian token": "ATATT3|(?i:atlassian|jira)",
    "Fly.io token": "fo1_|fm[12]",
    "Shopify token": "shp(?:at|ca|pa|ss)_",
    "1Password token": "ops_eyJ|A3-[A-Z0-9]{6}-",
    "Facebook token": rf"EAA[MC][A-Za-z0-9]{{16}}|{_N}{{8}}(?:\||%7C){_W}?",
    "Azure client secret": rf"{_N}Q~",
    "Sonar token": "sq[pua]_|(?i:sonar)",
    "Discord token": rf"\.(?:{_W}|-){{6}}\.(?:{_W}|-){{8}}",
    "Telegram token": ":AA",
    "Artifactory credential": rf"(?:AKC|AP[{_N}ABCDEF])[a-zA-Z0-9]{{10}}",
    "password in an address": r"://[^\s/:@]+:[^\s/@]+@",
    "credential in a setting": (
        rf"(?i)(?:secret|token|api_?key|access_?key|passwd|password|pwd|auth|credential|contribsys__com){_W}{{0,20}}"
        rf"[\\\"']{{0,8}}{_S}{{0,3}}(?::=|=>|[:=]|,)"
    ),
}
_ESCAPED: Final = r"\\u[0-9A-Fa-f]|\\/"


class GateBroken(Exception):
    """The gates did not answer: nothing may be taken for clean."""


class Gate:
    """All gates, made ready once."""

    def __init__(self) -> None:
        """Compile them."""
        options = re2.Options()
        options.max_mem = 64 * 2**20
        self._set = re2.Set.SearchSet(options)
        self._always = self._set.Add("")
        self._names = {}
        for name, pattern in _patterns().items():
            self._names[self._set.Add(pattern)] = name
        self._set.Compile()

    def kinds(self, text: str) -> frozenset[str]:
        """Names of the kinds that a text may hold; ``phone`` for telephone numbers.

        Raises:
            GateBroken: RE2 ran out of memory.
        """
        return frozenset([self._names[place] for place in self._places(text) if place != self._always])

    def is_shut(self, text: str) -> bool:
        """Whether a text surely holds nothing, also not where it is JSON and its escapes are read.

        Raises:
            GateBroken: RE2 ran out of memory.
        """
        return len(self._places(text)) == 1

    def _places(self, text: str) -> list[int]:
        # A gate that always opens tells "nothing found" from "could not look": RE2 answers both alike.
        found: list[int] | None = self._set.Match(text)
        if not found:
            raise GateBroken("the patterns of personal data could not be looked for: RE2 ran out of memory")
        return found


@cache
def gate() -> Gate:
    """This process's."""
    return Gate()


def _patterns() -> dict[str, str]:
    found = {ESCAPED: _ESCAPED, NAMED: SECRET_NAME_GATE, PHONE: _DIGITS}
    for kind in personal_kinds.KINDS:
        found[kind.name] = _PERSONAL[kind.name]
    for secret in secret_kinds.KINDS:
        words = "|".join(re2.escape(word) for word in secret.keywords)
        found[secret.name] = _SECRET.get(secret.name, f"(?i:{words})")
    return found | {kind.name: kind.gate for kind in EXTRA}
