"""OpenLLMetry's images: announced, uploaded, kept once a project, and refused where they cannot be."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from backend.attachments.place import shelf
from backend.attachments.reference import reference_of
from backend.policies.models import ProjectPolicy
from backend.projects.models import ApiKey, Scope
from backend.uploads.models import KEPT_FOR, FileAddress
from ingest import uploaded
from tests.backend.attachments.pictures import base64_of, png
from tests.conftest import Cast

PICTURE = png()
ANNOUNCED = "/v2/traces/82357556450056582213111225427640004932/spans/7307014357486040543/images"


@pytest.fixture(autouse=True)
def _nothing_left(cast: Cast) -> Iterator[None]:
    """Attachments are no rows, so no transaction takes them back."""
    yield
    for project_id in shelf().projects():
        shelf().remove_project(project_id)


def _post(secret: str, path: str, value: Any) -> Any:
    client = Client(headers={"authorization": f"Bearer {secret}"})
    return client.post(path, value if isinstance(value, str) else json.dumps(value), content_type="application/json")


def _address(secret: str) -> str:
    answer = _post(secret, ANNOUNCED, {"image_name": "message_0_content_1.png"})
    assert answer.status_code == 200, answer.content
    return urlsplit(answer.json()["url"]).path


def _upload(secret: str, address: str, content: bytes = PICTURE) -> Any:
    return _post(secret, address, {"image_data": base64_of(content)})


def _foreign(cast: Cast) -> str:
    return ApiKey.objects.mint(cast.stranger.memberships.get().project, scopes=[Scope.INGEST])[1]


def test_an_image_is_kept_under_its_address(cast: Cast) -> None:
    """Sent again it is the same upload; two images have two addresses."""
    address = _address(cast.secret)
    for _ in range(2):
        assert _upload(cast.secret, address).status_code == 200
    (row,) = FileAddress.objects.all()
    assert address == f"/v2/images/{row.token}"
    found = reference_of(row.reference)
    assert found is not None
    assert (found.media_type, found.size, row.project) == ("image/png", len(PICTURE), cast.project)
    assert shelf().find(cast.project.pk, found.key) is not None
    assert _address(cast.secret) != address


def test_an_address_is_good_for_one_image(cast: Cast) -> None:
    """What the span will show cannot be changed afterwards."""
    address = _address(cast.secret)
    assert _upload(cast.secret, address).status_code == 200
    answer = _upload(cast.secret, address, png(2))
    assert (answer.status_code, "another image" in answer.json()["message"]) == (400, True)
    assert [one.reference for one in FileAddress.objects.all()] == [
        str(reference_of(FileAddress.objects.get().reference))
    ]


def test_another_project_uploads_nothing_there(cast: Cast) -> None:
    """Nor does anybody without a key, or under an address that is made up, changed or old."""
    address = _address(cast.secret)
    changed = address[:-1] + ("a" if address[-1] != "a" else "b")
    assert _upload(_foreign(cast), address).status_code == 403
    assert _upload("wrong", address).status_code == 401
    for other in (changed, "/v2/images/made-up", f"/v2/images/{'a' * 72}", "/v2/images/\u00e4"):
        assert _upload(cast.secret, other).status_code == 403
    with patch.object(time, "time", return_value=time.time() + 601):
        assert _upload(cast.secret, address).status_code == 403
    assert not FileAddress.objects.exists()
    assert not shelf().projects()


@pytest.mark.parametrize(
    "body",
    ["{", "[]", "{}", '{"image_data": 5}', '{"image_data": ""}', '{"image_data": "no base64!"}',
     '{"image_data": "\u00e4\u00f6\u00fc="}', '{"image_data": {"a": ["QUJD"]}}', "[" * 10_000],
)  # fmt: skip
def test_what_is_no_image_in_base64_is_refused(cast: Cast, body: str) -> None:
    """And nothing of it is kept."""
    assert _post(cast.secret, _address(cast.secret), body).status_code == 400
    assert not FileAddress.objects.exists()


def test_what_calls_itself_an_image_is_a_file(cast: Cast) -> None:
    """Its bytes are kept; only they say what a browser is told."""
    assert _upload(cast.secret, _address(cast.secret), b"<script>alert(1)</script>").status_code == 200
    found = reference_of(FileAddress.objects.get().reference)
    assert found is not None
    assert found.media_type == ""


def test_an_image_over_the_limit_is_refused(cast: Cast) -> None:
    """With the limit in the message; one of four megabytes, which Django itself would refuse, is not."""
    large = _post(cast.secret, _address(cast.secret), {"image_data": "A" * 21 * 2**20})
    assert (large.status_code, "20 MiB" in large.json()["message"]) == (413, True)
    assert _upload(cast.secret, _address(cast.secret), PICTURE + bytes(4 * 2**20)).status_code == 200


@pytest.mark.parametrize("body", ["{}", '{"image_name": ""}', '{"image_name": 1}', "x"])
def test_an_image_without_a_name_is_not_announced(cast: Cast, body: str) -> None:
    """It is no request of this client."""
    assert _post(cast.secret, ANNOUNCED, body).status_code == 400


def test_where_content_is_dropped_images_are_too(cast: Cast) -> None:
    """Neither announced nor taken under an address of before."""
    address = _address(cast.secret)
    ProjectPolicy(project=cast.project, changed_by=cast.owner).set_redaction("drop", [])
    for path, value in ((ANNOUNCED, {"image_name": "a.png"}), (address, {"image_data": base64_of(PICTURE)})):
        answer = _post(cast.secret, path, value)
        assert (answer.status_code, "drops content" in answer.json()["message"]) == (403, True)
    assert not shelf().projects()


def test_a_key_that_may_not_send_uploads_nothing(cast: Cast) -> None:
    """Reading is another thing."""
    _, secret = ApiKey.objects.mint(cast.project, scopes=[Scope.READ])
    assert _post(secret, ANNOUNCED, {"image_name": "a.png"}).status_code == 403
    assert _upload(secret, _address(cast.secret)).status_code == 403


def test_old_uploads_are_given_up(cast: Cast) -> None:
    """Once no span can be expected any more that names them; younger ones stay."""
    tokens = [uploaded.token_for(cast.project.pk) for _ in range(2)]
    for token in tokens:
        FileAddress.objects.create(project=cast.project, token=token, reference="attachment:x")
    FileAddress.objects.filter(token=tokens[0]).update(uploaded_at=timezone.now() - KEPT_FOR - timedelta(minutes=1))
    assert FileAddress.objects.clear_old() == 1
    assert FileAddress.objects.references_of(cast.project.pk, tokens) == {tokens[1]: "attachment:x"}


@pytest.mark.parametrize("path", ["/v2/traces/x/spans/1/images", "/v2/traces/1/spans/1/pictures"])
def test_other_addresses_are_not_served(cast: Cast, path: str) -> None:
    """And say so."""
    assert _post(cast.secret, path, {"image_name": "a.png"}).status_code == 501
