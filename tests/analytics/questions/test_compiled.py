"""What searches compile to, in full: a change of any question shows in review."""

from __future__ import annotations

import os
import re
from pathlib import Path

from analytics.questions.filters import Topics, compile_filter
from analytics.questions.grammar import FIELDS, parse

SNAPSHOT = Path(__file__).parent / "compiled.sql"


def test_compiled_searches_are_as_they_were() -> None:
    """The SQL of each field's example; UPDATE_SNAPSHOTS=1 writes it anew."""
    topics = Topics(1, {"late parcels": (1,)})
    searches = [*(field.example for field in FIELDS.values()), "-refund", "user:a*"]
    parts = []
    for search in searches:
        compiled = compile_filter(parse(search), topics)
        values = {name: value for name, value in compiled.parameters.items() if name != "fit_id"}
        parts.append(f"-- {search}\n-- {values}\n{compiled.sql}\n")
    written = "\n".join(parts)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(written)
    assert written == SNAPSHOT.read_text()


def test_each_sub_select_is_of_one_project() -> None:
    """Every table that a search reads is asked for the project's rows alone."""
    for field in FIELDS.values():
        sql = compile_filter(parse(field.example), Topics(1, {"late parcels": (1,)})).sql
        assert len(re.findall(r"FROM \w+ FINAL WHERE project_id = \{project_id:UInt32\}", sql)) == sql.count("FROM ")
