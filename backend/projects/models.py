"""Projects, who belongs to them, and the keys that SDKs send with."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, Final

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from backend.accounts.models import User
from backend.errors import BadRequest
from backend.projects import key_changes

LONGEST_OVERLAP: Final = timedelta(days=90)
"""How long an old key may go on beside the one that took its place."""
MOST_SPANS: Final = 2_000_000_000
"""Largest limit of a key; what both databases keep in the column."""
USED_EVERY: Final = timedelta(minutes=1)
"""How exactly the last use of a key is known: a write for each request would cost more than the request."""


class ProjectQuerySet(models.QuerySet["Project"]):
    """Who may see what."""

    def visible_to(self, user: User) -> ProjectQuerySet:
        """The projects that a person belongs to."""
        return self.filter(memberships__user=user)


class Project(models.Model):
    """One product whose conversations stand together; all telemetry belongs to one project."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["is_sample", "name"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person may do in a project."""

    OWNER = "owner", "Owner"
    MEMBER = "member", "Member"


class Membership(models.Model):
    """A person's place in a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "user"], name="one_place_a_person")]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}"


class Scope(models.TextChoices):
    """What a key may do; one may have several, and ``admin`` holds the others."""

    INGEST = "ingest", "Send"
    READ = "read", "Read"
    ADMIN = "admin", "Administer"


USUAL_SCOPES: Final = (Scope.INGEST, Scope.READ)
"""What an SDK needs that sends traces and fetches prompts."""


class KeyQuerySet(models.QuerySet["ApiKey"]):
    """Finding keys by what a client sends."""

    def usable(self) -> KeyQuerySet:
        """Keys that are neither revoked nor at their end."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), revoked_at__isnull=True)

    def by_secret(self, secret: str) -> ApiKey | None:
        """The usable key with this secret, or None."""
        return self.usable().select_related("project").filter(secret_hash=hashed(secret)).first()

    def mint(
        self,
        project: Project,
        name: str = "",
        *,
        scopes: Sequence[str] = USUAL_SCOPES,
        public_key: str = "",
        secret: str = "",
    ) -> tuple[ApiKey, str]:
        """Make a key and return it with its secret, which is shown this once and never stored.

        Raises:
            BadRequest: the scopes are none, or not all known.
        """
        secret = secret or f"sk-assay-{secrets.token_urlsafe(24)}"
        key = self.create(
            project=project,
            name=name,
            scopes=sorted_scopes(scopes),
            public_key=public_key or f"pk-assay-{secrets.token_hex(8)}",
            secret_hash=hashed(secret),
            secret_hint=secret[-4:],
        )
        return key, secret


class ApiKey(models.Model):
    """A pair of keys: the public one names it, the secret one proves it. Secrets are random and kept as a hash."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=120, blank=True)
    scopes = models.JSONField(default=list, help_text="What it may do, as values of Scope.")
    public_key = models.CharField(max_length=80, unique=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    secret_hint = models.CharField(max_length=4)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="When it ends, where another has taken its place.")
    revoked_at = models.DateTimeField(null=True)
    spans_per_minute = models.PositiveIntegerField(null=True, help_text="How many it may send; empty means no limit.")
    spans_per_day = models.PositiveIntegerField(null=True, help_text="How many it may send a day (UTC).")

    objects = KeyQuerySet.as_manager()

    def __str__(self) -> str:
        return self.public_key

    def allows(self, scope: str) -> bool:
        """Whether the key may do this; ``admin`` may do all."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    @property
    def state(self) -> str:
        """``usable``, ``ending`` (usable, with an end), ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is None:
            return "usable"
        return "ending" if self.expires_at > timezone.now() else "expired"

    @property
    def scope_words(self) -> str:
        """What it may do, for people."""
        if Scope.ADMIN in self.scopes:
            return "everything"
        words = " and ".join(Scope(scope).label.lower() for scope in self.scopes)
        return words if len(self.scopes) > 1 else f"{words} only"

    def limit(self, *, spans_per_minute: int | None, spans_per_day: int | None) -> None:
        """Set how much may be sent with the key from now on; None is no limit.

        Raises:
            BadRequest: a limit is not a number from 1 to ``MOST_SPANS``.
        """
        for name, value in (("spans_per_minute", spans_per_minute), ("spans_per_day", spans_per_day)):
            if value is not None and not 1 <= value <= MOST_SPANS:
                raise BadRequest(f"{name} is {value:,}; it must be from 1 to {MOST_SPANS:,}, or empty for no limit")
        self.spans_per_minute, self.spans_per_day = spans_per_minute, spans_per_day
        self.save(update_fields=["spans_per_minute", "spans_per_day"])
        transaction.on_commit(key_changes.announce)

    def revoke(self) -> None:
        """End the key; the next request with it is refused."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])
        transaction.on_commit(key_changes.announce)

    @transaction.atomic
    def rotate(self, overlap: timedelta) -> tuple[ApiKey, str]:
        """Make a key that may do the same, beside this one, which ends by itself after a while.

        Args:
            overlap: how long both are good, 0 to ``LONGEST_OVERLAP``; time to bring the new one everywhere.

        Returns:
            The new key with its secret, which is shown this once.

        Raises:
            BadRequest: the overlap is out of range, or the key is ended or has been rotated already.
        """
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise BadRequest(f"the old key may go on for 0 to {LONGEST_OVERLAP.days} days")
        ends = timezone.now() + overlap
        # A conditional update: of two people who rotate at once, one makes a key and the other is told.
        if not ApiKey.objects.filter(pk=self.pk, revoked_at=None, expires_at=None).update(expires_at=ends):
            raise BadRequest(f"{self.public_key} has ended or been rotated already; rotate the key that took its place")
        self.expires_at = ends
        transaction.on_commit(key_changes.announce)
        key, secret = ApiKey.objects.mint(self.project, self.name, scopes=self.scopes)
        key.limit(spans_per_minute=self.spans_per_minute, spans_per_day=self.spans_per_day)
        return key, secret

    def note_use(self) -> None:
        """Remember that the key was used just now, at most once in ``USED_EVERY``."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at >= USED_EVERY:
            ApiKey.objects.filter(pk=self.pk).update(last_used_at=now)


def sorted_scopes(scopes: Sequence[str]) -> list[str]:
    """Scopes as they are kept: each once, in the order of ``Scope``.

    Raises:
        BadRequest: there is none, or one is not known.
    """
    unknown = [scope for scope in scopes if scope not in Scope.values]
    if unknown or not scopes:
        raise BadRequest(f"scopes are {list(scopes)!r:.80}; a key has one or more of {', '.join(Scope.values)}")
    return [scope for scope in Scope.values if scope in scopes]


def hashed(secret: str) -> str:
    """What is kept of a secret: it is random and long, so a plain digest cannot be guessed back."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
