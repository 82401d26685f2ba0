"""Messages of whatever form clients send."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.mapping.messages import messages_of


@pytest.mark.parametrize("address", [["x", "https://x.org/a.png"], 7, True, {"url": ["x"]}])
def test_an_image_whose_address_is_none_costs_nobody_the_request(address: Any) -> None:
    """What stands there is kept as it came."""
    found = messages_of([{"role": "user", "content": [{"type": "image_url", "image_url": address}]}], "user")
    assert len(found[0].parts) == 1


def test_a_whole_response_is_read_for_what_it_says() -> None:
    """OpenAI's Agents SDK tells a streamed generation as the whole object that the Responses API gives."""
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It ships tomorrow."}]}
    call = {"type": "function_call", "call_id": "c1", "name": "lookup", "arguments": '{"order": 1}'}
    found = messages_of([{"id": "r1", "object": "response", "output": [said, call]}], "assistant")
    assert [message.role for message in found] == ["assistant", "assistant"]
    assert [part.content for part in found[0].parts] == ["It ships tomorrow."]
    assert [(part.type, part.name, part.id) for part in found[1].parts] == [("tool_call", "lookup", "c1")]
