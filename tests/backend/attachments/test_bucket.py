"""Attachments in a bucket, against moto's S3."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

pytest.importorskip("storages.backends.s3", reason="requirements-s3.txt is not installed")
pytest.importorskip("moto", reason="moto is not installed")

import boto3
from moto import mock_aws

from backend.attachments.bucket import BucketShelf
from backend.attachments.reference import SHORT
from backend.attachments.shelf import ShelfAway
from backend.errors import SettingError


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="kept")
        yield "s3://kept/assay/files?region=us-east-1"


def _names() -> list[str]:
    found = boto3.client("s3", region_name="us-east-1").list_objects_v2(Bucket="kept")
    return [one["Key"] for one in found.get("Contents", ())]


def test_a_content_is_found_by_its_hash_and_by_its_beginning(bucket: str) -> None:
    """Another process finds it too, and reads the same bytes."""
    key = BucketShelf(bucket).put(1, b"hello")
    assert key == hashlib.sha256(b"hello").hexdigest()
    assert _names() == [f"assay/files/1/{key[:2]}/{key}"]
    shelf = BucketShelf(bucket)
    for asked in (key, key[:SHORT]):
        found = shelf.find(1, asked)
        assert found is not None
        assert (found.key, found.size) == (key, 5)
        with shelf.open(1, found) as file:
            assert file.read() == b"hello"


def test_projects_share_nothing(bucket: str) -> None:
    """Not even the same content; and a project goes alone."""
    shelf = BucketShelf(bucket)
    key = shelf.put(1, b"hello")
    assert shelf.find(2, key) is None
    shelf.put(2, b"hello")
    shelf.put(12, b"hello")
    assert shelf.projects() == [1, 2, 12]
    assert [kept.key for kept in shelf.all_of(1)] == [key]
    shelf.remove_project(1)
    assert shelf.find(1, key) is None
    assert shelf.projects() == [2, 12]


def test_the_same_content_travels_once(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agents send their pictures again with every call."""
    shelf, written = BucketShelf(bucket), []
    save = shelf._storage.save
    monkeypatch.setattr(shelf._storage, "save", lambda *given: written.append(save(*given)))
    for _ in range(3):
        shelf.put(1, b"hello")
    shelf.put(2, b"hello")
    assert len(written) == 2


def test_what_is_no_hash_names_nothing(bucket: str) -> None:
    """An address can reach no other object."""
    with pytest.raises(ValueError, match="no hash"):
        BucketShelf(bucket).find(1, "../../secrets")


def test_a_bucket_that_does_not_answer_is_said(bucket: str) -> None:
    """The request is refused with a status that makes clients send again."""
    shelf = BucketShelf("s3://other/?region=us-east-1")
    with pytest.raises(ShelfAway, match="cannot be written") as told:
        shelf.put(1, b"hello")
    assert told.value.status == 503
    with pytest.raises(ShelfAway, match="cannot be read"):
        shelf.find(1, "a" * 64)


@pytest.mark.parametrize("url", ["https://host/bucket", "s3://", "s3://bucket?secret=x", "bucket"])
def test_an_address_that_is_none_fails_loudly(url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(SettingError, match="ASSAY_ATTACHMENTS_URL"):
        BucketShelf(url)
