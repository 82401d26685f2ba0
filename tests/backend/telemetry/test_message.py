"""Messages keep their shape through the store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.telemetry.message import Document, Message, Part, dump, last_text, load_documents, load_messages, text_of

_text = st.text(st.characters(exclude_categories=["Cs"]))
_part = st.builds(Part, type=st.sampled_from(["text", "tool_call", "reasoning"]), content=_text, id=_text, name=_text)
_message = st.builds(Message, role=st.sampled_from(["user", "assistant"]), parts=st.lists(_part).map(tuple))


@given(st.lists(_message))
def test_messages_come_back_as_they_went_in(messages: list[Message]) -> None:
    """Whatever text they hold."""
    assert load_messages(dump(messages)) == messages


def test_documents_come_back_as_they_went_in() -> None:
    """Score none and score zero are two things."""
    documents = [Document(id="a", content="x", score=0.0), Document(content="y", metadata={"page": 2})]
    assert load_documents(dump(documents)) == documents


def test_the_text_of_a_message_leaves_out_reasoning_and_tools() -> None:
    """A reader sees what was said."""
    message = Message(
        role="assistant",
        parts=(Part(type="reasoning", content="hm"), Part(type="text", content="Hi"), Part(type="tool_call", name="f")),
    )
    assert text_of(message) == "Hi"


def test_the_last_text_skips_messages_that_say_nothing() -> None:
    """A tool call after the answer does not hide the answer."""
    messages = [
        Message(role="user", parts=(Part(type="text", content="first"),)),
        Message(role="user", parts=(Part(type="text", content="second"),)),
        Message(role="user", parts=(Part(type="blob", content="aGk="),)),
    ]
    assert last_text(messages, "user") == "second"
    assert last_text(messages, "assistant") == ""
