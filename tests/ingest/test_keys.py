"""Keys at the face for SDKs, over a real web server: who may send, and until when."""

from __future__ import annotations

import json
import time

import httpx
from google.rpc.status_pb2 import Status

from backend.store.client import Store
from tests.ingest.rows import count, request
from tests.ingest.serving import Server

_MINT = """
import django, sys; django.setup()
from backend.projects.models import *
scopes = sys.argv[1].split(",")
print(ApiKey.objects.mint(Project.objects.get(slug="one"), "x", scopes=scopes, secret=sys.argv[2])[0].pk)"""
_CHANGE = """
import django, sys, datetime; django.setup()
from backend.projects.models import *
key = ApiKey.objects.get(pk=sys.argv[1])
if sys.argv[2] == "revoke":
    key.revoke()
else:
    print(key.rotate(datetime.timedelta(seconds=float(sys.argv[2])))[1])"""


def _key(server: Server, scopes: str, secret: str) -> tuple[str, dict[str, str]]:
    return server.run(_MINT, scopes, secret).strip(), {"authorization": f"Bearer {secret}"}


def _message(answer: httpx.Response) -> str:
    return str(Status.FromString(answer.content).message)


def test_sending_needs_the_scope_ingest(server: Server, store: Store) -> None:
    """A key that only reads is told what it lacks, as each protocol tells it, and nothing is stored."""
    _, use = _key(server, "read", "sk-reads-only")
    answer = server.post(request(1), **use)
    assert answer.status_code == 403
    assert "scope `ingest`" in _message(answer)
    told = server.post(b"{}", "/v1/events", content_type="application/json", **use)
    assert (told.status_code, told.json()["error"]["code"]) == (403, "key_scope")
    body = json.dumps({"api_key": "sk-reads-only", "batch": []}).encode()
    assert httpx.post(f"{server.url}/batch/", content=body).status_code == 403
    assert count(store).spans == 0
    for scopes in ("ingest", "admin"):
        _, use = _key(server, scopes, f"sk-may-{scopes}")
        assert server.post(request(1), **use).status_code == 200


def test_a_revoked_key_is_refused_at_the_next_request(server: Server) -> None:
    """Although the server has just seen that it was good; the message says what became of it."""
    key, use = _key(server, "ingest", "sk-short-lived")
    assert server.post(request(1), **use).status_code == 200
    server.run(_CHANGE, key, "revoke")
    answer = server.post(request(1), **use)
    assert answer.status_code == 401
    assert "was revoked" in _message(answer)


def test_a_rotated_key_sends_beside_the_new_one_until_its_end(server: Server, store: Store) -> None:
    """Both are good for the overlap; then the old one is refused, on time and with the reason."""
    key, old = _key(server, "ingest", "sk-to-be-rotated")
    assert server.post(request(1, trace=1), **old).status_code == 200
    secret = server.run(_CHANGE, key, "3").strip()
    ends = time.monotonic() + 3
    new = {"authorization": f"Bearer {secret}"}
    assert server.post(request(1, trace=2), **old).status_code == 200
    assert server.post(request(1, trace=3), **new).status_code == 200
    time.sleep(max(0.0, ends - time.monotonic()))
    answer = server.post(request(1, trace=4), **old)
    assert answer.status_code == 401
    assert "replaced by another" in _message(answer)
    assert server.post(request(1, trace=5), **new).status_code == 200
    assert count(store).spans == 4
