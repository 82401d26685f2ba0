"""Columns, rows and quotes that every detector shares."""

import pytest

from analytics.detectors.base import QUOTE_LIMIT, ToolCall, Turn, TurnColumns


def test_columns_give_back_the_rows_they_were_made_of(make_turn):
    """Rows to columns to rows is the identity."""
    turns = [make_turn("a"), make_turn("b", finish_reason="stop")]
    assert list(TurnColumns.of(turns)) == turns
    assert len(TurnColumns.of(turns)) == 2


def test_columns_of_unequal_length_are_refused(make_turn):
    """A batch whose columns do not line up is an error that gives the lengths."""
    columns = {name: [getattr(make_turn(), name)] for name in Turn.__slots__}
    with pytest.raises(ValueError, match="'status': 0"):
        TurnColumns(**(columns | {"status": []}))


def test_a_quote_is_cut_to_its_limit_and_its_offsets_with_it(make_turn):
    """The end offset is that of the quote, not of the request."""
    found = make_turn("x" * 1000).cite("output", 10, 900)
    assert (found.start, found.end) == (10, 10 + QUOTE_LIMIT)
    assert found.quote == "x" * QUOTE_LIMIT


@pytest.mark.parametrize(("start", "end"), [(-5, 3), (28, 99), (50, 60), (5, 2)])
def test_offsets_beyond_the_text_are_brought_inside(make_turn, start, end):
    """A quote never claims words that are not there."""
    turn = make_turn()
    found = turn.cite("output", start, end)
    assert turn.output_text[found.start : found.end] == found.quote
    assert 0 <= found.start <= found.end <= len(turn.output_text)


def test_status_evidence_names_the_span_that_failed(make_turn):
    """Error text is cited from the failing span, or from the answering one where none is named."""
    turn = make_turn(error_type="TimeoutError", error_message="after 30 s", error_span_id="span-tool")
    assert turn.cite("status").span_id == "span-tool"
    assert turn.cite("status").quote == "TimeoutError: after 30 s"
    assert make_turn(status="error").cite("status").quote == "error"


def test_a_tool_call_is_cited_by_its_arguments(make_turn):
    """The offsets count in the arguments of the call."""
    call = ToolCall("find_order", '{"id": 7}', "span-call")
    found = make_turn(tool_calls=[call]).cite_call(call)
    assert (found.span_id, found.field, found.quote) == ("span-call", "tool", '{"id": 7}')
