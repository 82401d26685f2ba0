"""``manage.py evaluate alerts`` measures alerts on simulated series, which needs no data."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from analytics.evaluate.alerts import CASES


def test_the_command_prints_a_row_for_each_kind_of_series(capsys: pytest.CaptureFixture[str]) -> None:
    """As docs/alerts.md has them; few series say little and are enough to see that it runs."""
    call_command("evaluate", "alerts", series=1)
    head, _, _, _, *rows = capsys.readouterr().out.strip().splitlines()
    assert head == "1 ordinary series × 4 weeks a row, seeds from 9000000."
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [case.name for case in CASES]
    assert all("nan" not in row and "%" in row for row in rows)


def test_what_cannot_be_measured_is_refused_in_words() -> None:
    """No series, and detectors without a folder."""
    with pytest.raises(CommandError, match="at least one"):
        call_command("evaluate", "alerts", series=0)
    for what in ("detectors", "topics"):
        with pytest.raises(CommandError, match="name it"):
            call_command("evaluate", what)
