"""What redaction finds in a text: shapes with their near-misses, gates that never shut too early, and bounded time."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from backend.sensitive import extra_kinds, personal_kinds, secret_kinds
from backend.sensitive.gates import GateBroken, gate
from backend.sensitive.own import own_pattern
from backend.sensitive.phone import CANDIDATE
from backend.sensitive.places import places
from tests.pace import cpu_within

MASKED = [
    ("write to joe.smith@acme.org today", "joe.smith@acme.org", "EMAIL"),
    ("info@example.com", "info@example.com", "EMAIL"),
    ("https://x.org/u/joe@acme.org/edit", "joe@acme.org", "EMAIL"),
    ("x_joe@acme.org_backup", "x_joe@acme.org", "EMAIL"),
    ("?mail=joe%40acme.org&x=1", "joe%40acme.org", "EMAIL"),
    ("my card is 4111 1111 1111 1111, thanks", "4111 1111 1111 1111", "CARD"),
    ("/pay/4539578763621486/now", "4539578763621486", "CARD"),
    ("card 5555-5555-5555-4444", "5555-5555-5555-4444", "CARD"),
    ("ssn: 078-05-1120", "078-05-1120", "SSN"),
    ("IBAN DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00", "IBAN"),
    ("call me at +1 415 555 0132", "+1 415 555 0132", "PHONE"),
    ("born on: date of birth 1/2/1980", "1/2/1980", "BIRTH_DATE"),
    ("from 81.2.69.142", "81.2.69.142", "IP"),
    ("export OPENAI=sk-proj-abcdEFGH12345678abcdEFGH", "sk-proj-abcdEFGH12345678abcdEFGH", "API_KEY"),
    ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE", "API_KEY"),
    ("postgres://app:s3cr3tpw@db/main", "s3cr3tpw", "PASSWORD"),
    ("Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop", "SECRET"),
]
KEPT = [
    "order 20241128-1234 of 2026-11-28T11:00:00Z, 12:30:45",
    "it costs 1,234.50 and takes 3 to 5 days",
    "see rfc 9110, isbn 978-3-16-148410-0",
    "0.4111111111111111 and 1764300000000000000",
    "max_tokens: 4096, temperature=0.7",
    "commit 9e80f1d0aa47c2d08b1a2c3d4e5f60718293a4b5",
    "react@18.2.0 and @mentions",
    "password: see the vault",
    "",
]


@pytest.mark.parametrize(("text", "value", "word"), MASKED, ids=lambda one: one[:24])
def test_what_is_masked(text: str, value: str, word: str) -> None:
    """Just the value, by its kind; also what is only a test card or a placeholder."""
    assert [(text[one.start : one.end], one.word) for one in places(text)] == [(value, word)]


@pytest.mark.parametrize("text", KEPT, ids=lambda one: one[:24])
def test_what_is_kept(text: str) -> None:
    """Numbers, times, versions and hashes that are nobody's."""
    assert places(text) == []


def test_a_private_key_is_masked_whole_also_where_it_is_cut_off() -> None:
    """From its head to the end of its last line."""
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"
    for text, value in ((f"a {key} b", key), (f"a {key[:45]}", key[:45])):
        assert [text[one.start : one.end] for one in places(text)] == [value]


def test_patterns_of_the_project_are_masked_too() -> None:
    """Beside those built in."""
    own = [own_pattern("CUSTOMER", r"KD-\d{4}")]
    found = places("KD-1234 wrote from a@acme.org", own)
    assert [one.word for one in found] == ["CUSTOMER", "EMAIL"]


_KINDS = [
    *((kind.name, kind.pattern) for kind in personal_kinds.KINDS),
    *((kind.name, kind.pattern) for kind in secret_kinds.KINDS),
    *((kind.name, kind.pattern) for kind in extra_kinds.KINDS),
    ("phone", CANDIDATE),
]


@pytest.mark.parametrize(("name", "pattern"), _KINDS, ids=[f"{at} {name}" for at, (name, _) in enumerate(_KINDS)])
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(drawn=some.data())
def test_a_gate_is_open_for_whatever_its_pattern_finds(
    name: str, pattern: re.Pattern[str], drawn: some.DataObject
) -> None:
    """Texts drawn from the pattern itself, with letters and digits of any script."""
    text = drawn.draw(some.from_regex(pattern))
    if pattern.search(text):
        assert name in gate().kinds(text)


HOSTILE = {
    "ones": "1 ", "curl": "curl -H ", "key": "-----BEGIN PRIVATE KEY-----", "phones": "phone 0171-2345678, ",
    "mails": "joe@acme.org ", "settings": "secret.token_1.1.1.", "cards": "4111111111111111 ", "at": "a.a@",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_little(name: str) -> None:
    """A quarter of a MiB takes well below a second of CPU, so that a MiB takes less than three."""
    text = HOSTILE[name] * (2**18 // len(HOSTILE[name]))
    places("warm")
    with cpu_within(1.2):
        places(text)


def test_a_gate_that_cannot_look_says_so() -> None:
    """RE2 answers "nothing" and "no memory" alike; nothing may pass for clean by that."""

    class Mute:
        def Match(self, text: str) -> None:
            return None

    broken = gate().__class__()
    broken._set = Mute()
    with pytest.raises(GateBroken):
        broken.kinds("joe@acme.org")
