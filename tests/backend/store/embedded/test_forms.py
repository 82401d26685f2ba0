"""Forms are read byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import encode_multipart_formdata

from backend.store.embedded.errors import Fault
from backend.store.embedded.forms import fields


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.binary(max_size=200), max_size=5))
def test_values_come_back_byte_by_byte(values: dict[str, bytes]) -> None:
    """Line ends, NUL and dashes in a value are part of it."""
    body, content_type = encode_multipart_formdata(values)
    assert dict(fields(content_type, body)) == values


@pytest.mark.parametrize("body", [b"", b"--b", b"--b\r\nno head--b--", b"--b\r\nX: y\r\n\r\nvalue\r\n--b--"])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    """A broken form is an error, never an empty query."""
    with pytest.raises(Fault):
        fields("multipart/form-data; boundary=b", body)
