"""Addresses of uploads in rows: an attachment takes their place, however they are quoted; nothing else changes."""

from __future__ import annotations

import base64
import gzip
import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from django.db import DatabaseError

from backend.attachments.reference import references
from backend.errors import StoreAway
from backend.store.client import Store
from backend.store.query import Query
from backend.store.rows import Rows, span_rows
from backend.telemetry.message import load_messages
from backend.telemetry.span import Span
from backend.uploads.models import FileAddress
from ingest import uploaded
from ingest.redaction.masker import Masker
from ingest.uploaded import MOST, names_addresses, token_for, with_references
from tests.backend.attachments.pictures import png
from tests.conftest import Cast
from tests.ingest.redaction.planting import MASK
from tests.ingest.serving import PROTOBUF, Server
from tests.pace import cpu_within

REFERENCE = f"attachment:{'0' * 64}?type=image%2Fpng&size=4811"
SENT = json.loads(gzip.decompress((Path(__file__).parent / "apis" / "openllmetry_images.json.gz").read_bytes()))


def _uploaded(cast: Cast) -> str:
    token = token_for(cast.project.pk)
    FileAddress.objects.create(project=cast.project, token=token, reference=REFERENCE)
    return token


def _rows(*texts: str) -> list[Rows]:
    told: dict[str, Any] = {"trace_id": "a" * 32, "start_time": 1, "end_time": 1}
    spans = [Span(**told, span_id=f"{at:016}", input_text=text) for at, text in enumerate(texts)]
    return [span_rows(1, spans)]


def _texts(entries: list[Rows]) -> list[str]:
    place = entries[0].columns.index("input_text")
    return [json.loads(line)[place] for line in entries[0].text.splitlines()]


@pytest.mark.parametrize(
    "host", ["http://127.0.0.1:8000", "https://assay.example.com", "http://[IP_vwmpp]:8000", "https://a.org/assay", ""]
)
def test_it_is_replaced_with_its_host(cast: Cast, host: str) -> None:
    """Also one that was masked; in JSON within JSON, twice, and in the midst of words."""
    token = _uploaded(cast)
    address = f"{host}/v2/images/{token}"
    texts = [json.dumps(json.dumps([{"uri": address}, {"uri": address}])), f"see {address} and http://x.org/", address]
    found = _texts(with_references(cast.project.pk, _rows(*texts)))
    assert found == [text.replace(address, REFERENCE) for text in texts]


def test_what_was_not_uploaded_stays(cast: Cast) -> None:
    """Another project's address, one that nothing was sent to, one that is made up, and words that look alike."""
    mine, others = _uploaded(cast), token_for(cast.project.pk + 1)
    FileAddress.objects.create(project=cast.project, token=others, reference=REFERENCE)
    made_up = mine[:-1] + ("a" if mine[-1] != "a" else "b")
    words = [f"http://h/v2/images/{one}" for one in (others, token_for(cast.project.pk), made_up, "x", "")]
    entries = _rows(*words)
    assert names_addresses(entries)
    assert with_references(cast.project.pk, entries) is entries
    assert with_references(cast.project.pk + 1, _rows(f"http://h/v2/images/{mine}"))[0].text.count(b"attachment:") == 0


def test_so_many_are_looked_up(cast: Cast) -> None:
    """The rest stays as it was sent."""
    tokens = [_uploaded(cast) for _ in range(MOST + 3)]
    found = _texts(with_references(cast.project.pk, _rows(" ".join(f"http://h/v2/images/{one}" for one in tokens))))[0]
    assert (found.count("attachment:"), found.count("/v2/images/")) == (MOST, 3)


def test_rows_without_an_address_ask_no_database() -> None:
    """Nor do those whose addresses are not ours, and no masking touches those that are."""
    assert not names_addresses(_rows("http://h/v2/image/x"))
    entries = _rows(f"http://h/v2/images/{'a' * 72}")
    with patch.object(uploaded, "_looked_up", side_effect=AssertionError):
        assert with_references(1, entries) is entries
    address = f"https://assay.example.com/v2/images/{token_for(1)}"
    masker = Masker(MASK, "t")
    assert all(masker.text(text := address[:-72] + token_for(at), "uri") == text for at in range(500))


def test_a_database_that_is_away_loses_nothing(cast: Cast) -> None:
    """The request is refused for now, and its client sends it again."""
    entries = _rows(f"http://h/v2/images/{_uploaded(cast)}")
    with (
        patch.object(FileAddress.objects, "references_of", side_effect=DatabaseError("away")),
        pytest.raises(StoreAway, match="away"),
    ):
        with_references(cast.project.pk, entries)


def test_hostile_rows_take_no_time(cast: Cast) -> None:
    """Words that begin like addresses, addresses without an upload, and one upload many times."""
    token = _uploaded(cast)
    fakes = " ".join(f"/v2/images/{secrets.token_bytes(36).hex().translate(uploaded._LETTERS)}" for _ in range(20_000))
    for text in ("/v2/images/" * 900_000, "http://" * 1_400_000, fakes, f"http://h/v2/images/{token} " * 100_000):
        entries = [Rows("span", (), b'["' + text.encode() + b'"]\n', 1)]
        with cpu_within(3):
            with_references(cast.project.pk, entries)


@dataclass(frozen=True, slots=True)
class _Stored:
    input_messages: str


_STORED = Query(
    "test_uploaded", "SELECT input_messages FROM span FINAL WHERE project_id = {project_id:UInt32}", _Stored
)


def test_the_real_clients_image_stands_in_its_span(server: Server, store: Store) -> None:
    """What its SDK sent in its order, with the address that it was given; twice the same batch is one span."""
    announced, sent, exported = SENT
    bodies = [base64.b64decode(one["body"]) for one in SENT]
    key = {"authorization": f"Bearer {server.secret}", "content-type": "application/json"}
    told = httpx.post(server.url + announced["path"], content=bodies[0], headers=key, timeout=60)
    address = told.json()["url"]
    assert httpx.post(address, content=bodies[1], headers=key, timeout=60).status_code == 200
    old = b"http://127.0.0.1:19988" + sent["path"].encode()
    assert len(address) == len(old)  # which protobuf counts
    batch = bodies[2].replace(old, address.encode())
    assert batch != bodies[2]
    for _ in range(2):
        assert server.post(batch, exported["path"], content_type=PROTOBUF).status_code == 200
    deadline = time.monotonic() + 20
    while not (rows := store.fetch(_STORED, project_id=1)) and time.monotonic() < deadline:
        time.sleep(0.1)
    (row,) = rows
    text, picture = load_messages(row.input_messages)[0].parts
    (found,) = references(picture.content)
    assert (text.content, found.media_type, found.size) == ("What is it?", "image/png", len(png()))
    assert (server.home / "attachments" / "1" / found.key[:2] / found.key).read_bytes() == png()
