"""What belongs to another user's conversation is found; what this one gave, or everybody knows, is not."""

from __future__ import annotations

import pytest

from analytics.detectors.base import Document, Exchange, Finding, ToolCall
from analytics.detectors.identifiers import identifiers
from analytics.detectors.other_user import OtherUser
from analytics.detectors.peers import PeerGroups

ANSWER = "I see order LF-94513 for mara.oduya@fastpost.net, it left on 2026-11-27."


def _judged(make_turn, turn, *others):
    groups = PeerGroups()
    for other in (turn, *others):
        groups.add(other)
    return OtherUser().judge(make_turn(turn.output_text, **{**_of(turn), "peers": groups.of(turn)}))


def _of(turn):
    names = ("input_text", "user_id", "tool_calls", "documents", "earlier", "system_text")
    return {name: getattr(turn, name) for name in names}


def test_what_another_user_said_is_found_where_it_stands(make_turn):
    """The order and the address, and nothing else."""
    other = make_turn("Thanks.", input_text="my order lf 94513, mail mara.oduya@fastpost.net", user_id="b")
    found = _judged(make_turn, make_turn(ANSWER, input_text="Where is my parcel?", user_id="a"), other)
    assert isinstance(found, Finding)
    assert [one.quote for one in found.evidence] == ["LF-94513", "mara.oduya@fastpost.net"]


@pytest.mark.parametrize(
    "own",
    [
        {"input_text": "where is LF94513 of Mara.Oduya@fastpost.net"},
        {"tool_calls": (ToolCall("find", "{}", "s", '{"order": "LF-94513", "mail": "mara.oduya@fastpost.net"}'),)},
        {"documents": (Document("Orders such as LF-94513 by mara.oduya@fastpost.net"),)},
        {"earlier": (Exchange("LF-94513 mara.oduya@fastpost.net", "Yes?"),)},
        {"user_id": "b"},
    ],
    ids=["said", "tool", "document", "earlier", "the same user"],
)
def test_what_this_conversation_or_user_gave_is_not(make_turn, own):
    """Whoever brought it, it is theirs to hear."""
    other = make_turn("Thanks.", input_text="order LF-94513, mara.oduya@fastpost.net", user_id="b")
    turn = make_turn(ANSWER, **{"input_text": "Where is my parcel?", "user_id": "a", **own})
    assert not isinstance(_judged(make_turn, turn, other), Finding)


def test_an_earlier_record_of_the_same_user_counts(make_turn):
    """What a tool gave in another conversation of theirs."""
    call = ToolCall("orders", "{}", "s", "LF-94513 mara.oduya@fastpost.net")
    before = make_turn("Here.", input_text="my orders?", user_id="a", tool_calls=(call,))
    other = make_turn("Thanks.", input_text="LF-94513, mara.oduya@fastpost.net", user_id="b")
    turn = make_turn(ANSWER, input_text="Where is it?", user_id="a")
    assert not isinstance(_judged(make_turn, turn, before, other), Finding)


def test_what_many_users_know_is_nobodys(make_turn):
    """A hotline, the number of a flight."""
    others = [make_turn("ok", input_text="is LF-94513 the article? mara.oduya@fastpost.net", user_id=n) for n in "bcd"]
    turn = make_turn(ANSWER, input_text="Where is it?", user_id="a")
    assert not isinstance(_judged(make_turn, turn, *others), Finding)


def test_years_words_and_small_numbers_identify_nobody():
    """Only what stands for one thing."""
    text = "In March 2026, 24 of 120 guests paid $1,499 for Room 12; see section 3.2, pages 200-210, 1999-2001, COVID."
    assert [key for _, _, key in identifiers(text)] == []
    assert [key for _, _, key in identifiers("R-803717, 9400 1112 0255, a@b.io, INV20417")] == [
        "r803717", "940011120255", "a@b.io", "inv20417",
    ]  # fmt: skip
