"""The search grammar: what tokens mean, what means nothing and why, and that writing and reading agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.questions.grammar import FIELDS, Filter, Token, literal, number, parse


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("status:error", [Token("status", "error")]),
        ("-user:ann", [Token("user", "ann", negated=True)]),
        ("model:gpt-4o*  latency:>2s", [Token("model", "gpt-4o*"), Token("latency", ">2s")]),
        ('topic:"late parcels"', [Token("topic", "late parcels")]),
        ('"status:error"', [Token("", "status:error")]),
        ("refund parcel", [Token("", "refund"), Token("", "parcel")]),
        ('-"no refund"', [Token("", "no refund", negated=True)]),
        (r'name:"say \"hi\" \\ bye"', [Token("name", r'say "hi" \ bye')]),
        ("STATUS:error session:c1", [Token("status", "error"), Token("conversation", "c1")]),
        ("status:error status:error", [Token("status", "error")]),
        ("user:a:b", [Token("user", "a:b")]),
        ("conversation:https://x/y?z=1", [Token("conversation", "https://x/y?z=1")]),
        ("цена 价格", [Token("", "цена"), Token("", "价格")]),
    ],
)
def test_a_search_is_read(text: str, tokens: list[Token]) -> None:
    """What people type, and what it means."""
    assert parse(text) == Filter(tuple(tokens))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("latency:fast", "a number is wanted, for example latency:>2s"),
        ("latency:>2x", "a number is wanted"),
        ("tokens:>2s", "a number is wanted"),
        ("cost:>1e9", "a number is wanted"),
        ("status:broken", "status is one of ok, error"),
        ("has:cheese", "has is one of feedback"),
        ("model:", "a value is missing, for example model:gpt-4o*"),
        ('user:"ann', "the quotation mark is never closed"),
        ("colour:red", "there is no field 'colour'; there are status, model"),
        ("-", "a minus stands alone"),
    ],
)
def test_what_means_nothing_is_listed_with_its_reason(text: str, reason: str) -> None:
    """The rest of the search still counts."""
    found = parse(f"refund {text}")
    assert found.tokens == (Token("", "refund"),)
    assert [one.text for one in found.invalid] == [text]
    assert found.invalid[0].reason.startswith(reason)


@pytest.mark.parametrize("name", FIELDS)
def test_every_fields_example_is_read(name: str) -> None:
    """The examples are what the help and the errors show."""
    found = parse(FIELDS[name].example)
    assert (found.invalid, [token.field for token in found.tokens]) == ((), [name])


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("latency:>2s", (">", 2000)),
        ("latency:1.5m", ("=", 90_000)),
        ("ttft:<=800", ("<=", 800)),
        ("cost:>=$.01", (">=", 0.01)),
    ],
)
def test_numbers_have_a_sign_and_a_unit(token: str, value: tuple[str, float]) -> None:
    """Durations are milliseconds; without a sign a number is meant exactly."""
    assert number(parse(token).tokens[0]) == value


def test_a_search_that_is_too_long_is_cut_and_says_so() -> None:
    """A link with a megabyte in it must not keep the server busy."""
    found = parse("word " * 100_000)
    assert "longer than 2000 characters" in found.invalid[0].reason
    assert found.tokens == (Token("", "word"),)


def test_too_many_tokens_are_refused_one_by_one() -> None:
    """Each is a question of its own to the store."""
    found = parse(" ".join(f"w{place}" for place in range(45)))
    assert (len(found.tokens), len(found.invalid)) == (40, 5)


WORDS = st.text(min_size=1, max_size=30)


@given(st.lists(st.tuples(st.sampled_from(["", "user", "model", "topic", "name"]), WORDS, st.booleans()), max_size=8))
def test_what_is_written_is_read_again(parts: list[tuple[str, str, bool]]) -> None:
    """Chips and facets write searches; any client's id may stand in them."""
    wanted = Filter(tuple(dict.fromkeys(Token(*part) for part in parts)))
    assert parse(wanted.text) == wanted


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever is typed, the tokens it gives are read the same when written again."""
    found = parse(text)
    assert parse(found.text).tokens == found.tokens


@given(st.text(max_size=30))
def test_tokens_are_added_and_taken_away(value: str) -> None:
    """A facet chosen and left again is the search from before."""
    before = parse("status:error")
    token = Token("user", literal(value) or "x")
    assert before.with_token(token).with_token(token).without(token) == before
    assert before.with_token(token).without_field("user") == before
