"""A whole evaluation over a folder of a few labelled records."""

import gzip
import json

import pytest
from django.core.management import CommandError, call_command

from analytics.detectors.base import Detector
from analytics.evaluate import tables
from analytics.evaluate.run import Evaluation, sets, subjects
from analytics.evaluate.split import is_held_back
from backend.registry import discover

HELD = [name for name in (f"r{number}" for number in range(400)) if is_held_back(name)]
OTHERS = [name for name in (f"r{number}" for number in range(400)) if not is_held_back(name)]


@pytest.fixture
def folder(tmp_path):
    """Thirty fine answers and ten empty ones that are held back, and one that is not and would spoil the figures."""

    def record(name, kind, text):
        return {
            "id": name, "kind": "text", "text": text, "labels": {"degenerate_kind": kind}, "meta": {"model": "m"}
        }  # fmt: skip

    records = [record(name, "ok", "It arrives on Monday.") for name in HELD[:30]]
    records += [record(name, "empty", "  ") for name in HELD[30:40]]
    records += [record(OTHERS[0], "empty", "This is not empty at all.")]
    with gzip.open(tmp_path / "degenerate_wildbench_dev.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(one) + "\n" for one in records)
    return tmp_path


def test_only_held_back_records_count(folder):
    """The one that could have been trained on is left out."""
    found = {one.set_name: one for one in Evaluation(folder).results(["empty"])}
    assert set(found) == {"wildbench_empty", "ordinary_wildbench"}
    measured = found["wildbench_empty"].measured
    assert (measured.positives, measured.negatives, measured.recall.value, measured.f1) == (10, 30, 1.0, 1.0)
    assert found["ordinary_wildbench"].measured.false.value == 0


def test_results_are_written_and_read_back_as_tables(folder, tmp_path):
    """What the page and the cards show are the same numbers."""
    results = list(Evaluation(folder).results(["empty"]))
    assert tables.write(results, tmp_path) == ["empty"]
    text = tables.table(tables.read(tmp_path))
    assert "| `empty` | wildbench_empty | 10 / 30 | 1.000" in text
    assert "| `empty` | 30 | 0.00" in text
    page = tables.put_into(f"before\n{tables.BEGIN}\nold\n{tables.END}\nafter", text)
    assert "old" not in page
    assert page.startswith("before\n")
    assert page.endswith("\nafter")
    with pytest.raises(ValueError, match="must have the lines"):
        tables.put_into("nothing", text)


def test_the_command_prints_and_refuses_what_is_not_there(folder, tmp_path, capsys):
    """Unknown names and empty folders are errors in words."""
    call_command("evaluate", "detectors", data=folder, only="empty")
    assert "wildbench_empty" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no nothing"):
        call_command("evaluate", "detectors", data=folder, only="nothing")
    (tmp_path / "void").mkdir()
    with pytest.raises(CommandError, match="none of the labelled files"):
        call_command("evaluate", "detectors", data=tmp_path / "void")


def test_sets_name_what_there_is():
    """A set that judges a detector nobody has would never be measured."""
    known = set(discover("analytics.detectors", Detector)) | set(subjects())
    for one in sets().values():
        assert one.files
        assert set(one.judges) <= known, one.name
        assert set(one.against) <= set(sets()), one.name


def test_written_results_are_of_detectors_that_exist():
    """A card must not show figures of what was renamed."""
    assert set(tables.read()) <= set(subjects())


def test_what_people_were_asked_to_provoke_is_told_apart():
    """A red team's provoked finds are no false flags, and of the detectors it does not provoke they are."""

    def row(name, negatives, flagged):
        share = flagged / negatives
        return {"set": name, "ordinary": True, "negatives": negatives, "false": [share, share, share]}

    rows = [row("ordinary_hh", 500, 50), row("ordinary_sgd", 1000, 1)]
    kept, provoked = tables.ordinary_of("toxicity", rows)
    assert [(one["set"], tables.flagged(one)) for one in kept] == [("ordinary_sgd", 1)]
    assert [tables.flagged(one) for one in provoked] == [50]
    assert tables.ordinary_of("pii", rows) == (rows, [])
    text = tables.table({"toxicity": rows})
    assert "| `toxicity` | 1,000 | 1.00 [" in text
    assert "sgd 1; apart: hh 50 of 500 |" in text
    names = {name for one in sets().values() for name in one.provoked}
    assert names <= set(subjects())
