"""Attachments in a bucket that speaks S3's API, through django-storages and boto3 (requirements-s3.txt)."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any, Final
from urllib.parse import parse_qs, urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile
from storages.backends.s3 import S3Storage

from backend.attachments.shelf import Kept, Shelf, ShelfAway, checked
from backend.errors import SettingError

_KNOWN_FOR_S: Final = 3600.0
"""How long a content that was written is not written again; attachments that no span refers to stay far longer."""
_MOST_KNOWN: Final = 10_000


class BucketShelf(Shelf):
    """A bucket: ``PREFIX/PROJECT/HH/HASH``; a write that was answered is durable by S3's own promise."""

    def __init__(self, url: str) -> None:
        """Read where the bucket is; the first use connects.

        Args:
            url: ``s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME``; keys come from boto3's usual places, such as
                AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

        Raises:
            SettingError: the address is no such URL.
        """
        parts = urlsplit(url)
        told = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.scheme != "s3" or not parts.netloc or told.keys() - {"endpoint", "region"}:
            raise SettingError("ASSAY_ATTACHMENTS_URL must be s3://BUCKET/PREFIX?endpoint=URL&region=NAME")
        self._prefix = parts.path.strip("/")
        self._storage = S3Storage(
            bucket_name=parts.netloc,
            location=self._prefix,
            endpoint_url=told.get("endpoint"),
            region_name=told.get("region"),
            file_overwrite=True,  # the same name is the same content
            querystring_auth=False,
            client_config=Config(connect_timeout=3, read_timeout=20, retries={"max_attempts": 2}),
        )
        self._known: OrderedDict[tuple[int, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, project_id: int, content: bytes) -> str:
        """Write the object, unless this process wrote it within the hour."""
        key = hashlib.sha256(content).hexdigest()
        if self._is_known(project_id, key):
            return key
        with _told("an attachment cannot be written"):
            self._storage.save(_name(project_id, key), ContentFile(content))
        with self._lock:
            self._known[project_id, key] = time.monotonic()
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return key

    def find(self, project_id: int, key: str) -> Kept | None:
        """Look for the object, or for the one whose name begins so."""
        with _told("attachments cannot be read"):
            return next(self._objects(_name(project_id, key), 1), None)

    def open(self, project_id: int, kept: Kept) -> IO[bytes]:
        """Fetch the object."""
        with _told("an attachment cannot be read"):
            body = BytesIO()
            self._bucket.download_fileobj(self._whole(_name(project_id, kept.key)), body)
            body.seek(0)
            return body

    def all_of(self, project_id: int) -> Iterator[Kept]:
        """List the project's objects."""
        with _told("attachments cannot be listed"):
            yield from self._objects(f"{int(project_id)}/")

    def projects(self) -> list[int]:
        """List the first parts of names."""
        with _told("attachments cannot be listed"):
            pages = self._bucket.meta.client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket.name, Prefix=self._whole(""), Delimiter="/"
            )
            found = [
                one["Prefix"].rstrip("/").rpartition("/")[2] for page in pages for one in page.get("CommonPrefixes", ())
            ]
        return sorted(int(name) for name in found if name.isdecimal())

    def remove(self, project_id: int, kept: Kept) -> None:
        """Delete the object, unless it was written since."""
        now = self.find(project_id, kept.key)
        if now is not None and now.kept_at <= kept.kept_at:
            with _told("an attachment cannot be removed"):
                self._bucket.Object(self._whole(_name(project_id, kept.key))).delete()

    @property
    def _bucket(self) -> Any:
        return self._storage.bucket

    def _whole(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _objects(self, prefix: str, most: int | None = None) -> Iterator[Kept]:
        found = self._bucket.objects.filter(Prefix=self._whole(prefix))
        for one in found.limit(most) if most else found:
            yield Kept(one.key.rpartition("/")[2], one.size, one.last_modified.timestamp())

    def _is_known(self, project_id: int, key: str) -> bool:
        with self._lock:
            written = self._known.get((project_id, key))
        return written is not None and time.monotonic() - written < _KNOWN_FOR_S


def _name(project_id: int, key: str) -> str:
    return f"{int(project_id)}/{key[:2]}/{checked(key)}"


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say what could not be done, and that trying again later helps."""
    try:
        yield
    except (BotoCoreError, ClientError, OSError) as fault:
        if isinstance(fault, ClientError) and fault.response.get("Error", {}).get("Code") in {"404", "NoSuchKey"}:
            raise FileNotFoundError(str(fault)) from fault
        raise ShelfAway(f"{what}: {fault}"[:300]) from fault
