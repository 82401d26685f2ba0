"""From a request's headers to the project; a key is looked up at most every few seconds."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from backend.errors import NotAllowed, NotAuthenticated, PolicyUnread, StoreAway
from backend.projects import key_changes
from backend.sensitive.policy import AS_SENT, DROP, Policy

GOOD_FOR_S: Final = 1.0
"""How long an answer of the database is believed, unless a key changes on this machine: then it is asked at once. So a
key that is revoked on another machine is refused within this time."""

_USED_EVERY_S = 60.0
_MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose key a request carries.

    Attributes:
        project_id: whose spans these are.
        key_id: the key.
        public_key: its name.
        revoked: whether people ended it.
        expires_at: when it ends by itself; None where it does not.
        lacks: why it may not send, in words; empty where it may.
        spans_per_minute: how many it may send; None where there is no limit.
        spans_per_day: how many it may send a day (UTC); None where there is no limit.
        used: a day, and what the database had as accepted of it when the key was looked up; 0 where there is no limit.
        policy: what of the project's telemetry may be stored.
        unread: why that is not known, in words; empty where it is.
    """

    project_id: int
    key_id: int
    public_key: str
    revoked: bool = False
    expires_at: datetime | None = None
    lacks: str = ""
    spans_per_minute: int | None = None
    spans_per_day: int | None = None
    used: tuple[date, int] = (date.min, 0)
    policy: Policy = AS_SENT
    unread: str = ""

    def check(self) -> None:
        """Stop here unless the key may send now.

        Raises:
            KeyEnded: it was revoked, or is at its end.
            MayNotSend: it lacks the scope.
            PolicyUnread: nothing of its project may be stored now.
        """
        if self.revoked:
            raise KeyEnded(f"key {self.public_key} was revoked; project settings list the keys that are good")
        if self.expires_at is not None and self.expires_at <= timezone.now():
            raise KeyEnded(f"key {self.public_key} ended at {self.expires_at:%Y-%m-%d %H:%M} UTC, replaced by another")
        if self.lacks:
            raise MayNotSend(self.lacks)
        if self.unread:
            raise PolicyUnread(self.unread)


class KeyEnded(NotAuthenticated):
    """The key was good once."""

    code = "key_ended"


class MayNotSend(NotAllowed):
    """The key is good, for other things."""

    code = "key_scope"


class Keys:
    """The keys that were seen lately, good and bad."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[float, int, asyncio.Future[Sender | None]]] = {}
        self._used: dict[int, float] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keys")

    async def sender(self, headers: Mapping[str, str], body_key: str = "") -> Sender:
        """Who sends; whether the key is still good, ``Sender.check`` says.

        Args:
            headers: by their names in lower case.
            body_key: a key that stood in the body, of the protocols that put it there.

        Raises:
            NotAuthenticated: no key, or an unknown one.
            StoreAway: the relational database does not answer.
        """
        public_key, secret = (None, body_key) if body_key else credentials(headers)
        sender = await self._find(hashlib.sha256(secret.encode("utf-8", "replace")).digest(), secret)
        if sender is None or (public_key is not None and public_key != sender.public_key):
            raise NotAuthenticated("the key is not known here; project settings list the keys")
        self._note_use(sender.key_id)
        return sender

    async def _find(self, digest: bytes, secret: str) -> Sender | None:
        now, changes = time.monotonic(), key_changes.count()
        known = self._known.get(digest)
        if known is None or now - known[0] > GOOD_FOR_S or known[1] != changes:
            if len(self._known) >= _MOST_KEYS:
                self._known.clear()
            found = asyncio.get_running_loop().run_in_executor(self._thread, _look_up, secret)
            self._known[digest] = known = (now, changes, found)
        try:
            return await asyncio.shield(known[2])
        except (DatabaseError, InterfaceError) as fault:
            self._known.pop(digest, None)
            raise StoreAway(f"the database of keys does not answer: {fault}") from fault

    def _note_use(self, key_id: int) -> None:
        now = time.monotonic()
        if now - self._used.get(key_id, -_USED_EVERY_S) >= _USED_EVERY_S:
            self._used[key_id] = now
            self._thread.submit(_mark_used, key_id)


def credentials(headers: Mapping[str, str]) -> tuple[str | None, str]:
    """The public key, where one is given, and the secret, in whichever of the clients' forms they come.

    Beside ``Helicone-Auth`` the header ``Authorization`` holds the key of a model's provider, which is none of ours.

    Raises:
        NotAuthenticated: there is none, or it cannot be read.
    """
    given = headers.get("helicone-auth", "").strip() or headers.get("authorization", "").strip()
    scheme, _, rest = given.partition(" ")
    rest = rest.strip()
    if scheme.lower() == "bearer" and rest:
        return None, rest
    if scheme.lower() == "basic":
        try:
            public_key, colon, secret = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise NotAuthenticated("Authorization: Basic is not base64 of public:secret") from None
        if colon and secret:
            return public_key, secret
    elif scheme and not rest and scheme.lower() != "bearer":
        return None, scheme  # Logfire and Opik send the key alone
    for name in ("x-api-key", "x-auth-token"):
        if key := headers.get(name, "").strip():
            return None, key
    raise NotAuthenticated(
        "no key: send Authorization: Bearer SECRET, Basic with base64 of PUBLIC:SECRET or SECRET alone,"
        " x-api-key or X-Auth-Token: SECRET, or Helicone-Auth: Bearer SECRET"
    )


def _look_up(secret: str) -> Sender | None:
    from backend.arrivals.models import accepted_on  # models exist only once Django is set up; this module is before
    from backend.policies.models import policy_of
    from backend.projects.access import lacking
    from backend.projects.models import ApiKey, Scope, hashed

    close_old_connections()
    key = ApiKey.objects.filter(secret_hash=hashed(secret)).first()
    if key is None:
        return None
    today = datetime.now(UTC).date()
    try:
        policy, unread = policy_of(key.project_id), ""
    except PolicyUnread as fault:
        policy, unread = Policy(DROP), str(fault)
    return Sender(
        key.project_id,
        key.pk,
        key.public_key,
        revoked=key.revoked_at is not None,
        expires_at=key.expires_at,
        lacks="" if key.allows(Scope.INGEST) else lacking(key.public_key, key.scope_words, Scope.INGEST),
        spans_per_minute=key.spans_per_minute,
        spans_per_day=key.spans_per_day,
        used=(today, accepted_on(key.pk, today) if key.spans_per_day is not None else 0),
        policy=policy,
        unread=unread,
    )


def _mark_used(key_id: int) -> None:
    from backend.projects.models import ApiKey

    close_old_connections()
    ApiKey.objects.filter(pk=key_id).update(last_used_at=timezone.now())
