"""Numbers as people read them."""

from __future__ import annotations

import pytest

from frontend.templatetags import figures as f


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (12, "12"), (999, "999"), (1000, "1k"), (1234, "1.2k"), (99_949, "99.9k"), (99_960, "100k"),
        (999_949, "1M"), (3_400_000, "3.4M"), (2.5e9, "2.5B"), (1.2e13, "12T"), (-1500, "-1.5k"), (0.25, "0.25"),
        (None, "–"), ("", "–"), (float("nan"), "–"), (float("inf"), "–"), ("x", "–"),
    ],
)  # fmt: skip
def test_compact_keeps_two_or_three_digits(value: object, text: str) -> None:
    """A count is shortened, rounds over into the next unit, and what is no number is a dash."""
    assert f.compact(value) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 ms"), (0.42, "0.4 ms"), (9.97, "10 ms"), (840, "840 ms"), (999.4, "999 ms"), (999.6, "1.00 s"),
        (1234, "1.23 s"), (12_340, "12.3 s"), (59_949, "59.9 s"), (59_990, "1 min"), (75_000, "1 min 15 s"),
        (7_500_000, "2 h 5 min"), (183_600_000, "2 d 3 h"), (None, "–"),
    ],
)  # fmt: skip
def test_duration_picks_the_unit(ms: object, text: str) -> None:
    """Milliseconds become the unit that reads best, and 60 s is a minute."""
    assert f.duration(ms) == text


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (0, "$0"), (1e-9, "<$0.00001"), (0.00012, "$0.00012"), (0.0123, "$0.012"), (0.5, "$0.50"), (0.996, "$1.00"),
        (3.456, "$3.46"), (12_345.6, "$12,346"), (-2, "−$2.00"), (None, "unpriced"),
    ],
)  # fmt: skip
def test_cost_is_never_rounded_to_free(cost: object, text: str) -> None:
    """Small costs keep two digits that count; a model without a price is unpriced, not $0."""
    assert f.usd(cost) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (0.00001, "<0.1%"), (0.004, "0.4%"), (0.1234, "12.3%"), (0.9999, ">99.9%"), (1, "100%"), (None, "–")],
)
def test_percent_does_not_hide_the_rare(share: object, text: str) -> None:
    """A share that is not 0 is not shown as 0, and one that is not 1 not as 100%."""
    assert f.percent(share) == text


def test_percent_takes_places() -> None:
    """A table can ask for equal decimals."""
    assert f.percent(0.5, 2) == "50.00%"


def test_interval_stands_beside_its_value() -> None:
    """A share with an interval prints both; without one only the share."""
    assert f.percent_interval(0.123, 0.101, 0.148) == "12.3% (10.1–14.8%)"
    assert f.percent_interval(0.123, None, None) == "12.3%"
    assert f.percent_interval(None, 0.1, 0.2) == "–"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1,023 B"), (1024, "1 KiB"), (13_000_000, "12.4 MiB"), (None, "–")]
)
def test_filesize_is_binary(size: object, text: str) -> None:
    """Bytes are printed in units of 1024 with their right names."""
    assert f.filesize(size) == text


def test_nouns_follow_their_count() -> None:
    """One is singular, all others plural, irregular ones as given."""
    assert f.counted(1, "trace,traces") == "1 trace"
    assert f.counted(12_345, "trace,traces") == "12,345 traces"
    assert f.counted(0, "reply,replies") == "0 replies"
    assert f.counted(2, "flag") == "2 flags"


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (2.5, "$2.50"), (15.0, "$15.00"), (0.0375, "$0.0375"), (1_000_000.0, "$1,000,000.00"), (0, "$0.00"),
        (0.000001, "$0.000001"), (18.75, "$18.75"), (None, "–"),
    ],
)  # fmt: skip
def test_a_price_keeps_all_its_digits(usd: object, text: str) -> None:
    """A list of prices that rounds says something else than the vendor does."""
    assert f.price(usd) == text
