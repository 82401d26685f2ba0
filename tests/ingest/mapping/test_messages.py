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
