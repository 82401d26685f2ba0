"""Projects, who belongs to them, and the keys that SDKs send with."""

from __future__ import annotations

import hashlib
import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from backend.accounts.models import User


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


class KeyQuerySet(models.QuerySet["ApiKey"]):
    """Finding keys by what a client sends."""

    def usable(self) -> KeyQuerySet:
        """Keys that are not revoked."""
        return self.filter(revoked_at__isnull=True)

    def by_secret(self, secret: str) -> ApiKey | None:
        """The usable key with this secret, or None."""
        return self.usable().select_related("project").filter(secret_hash=hashed(secret)).first()

    def mint(self, project: Project, name: str = "", *, public_key: str = "", secret: str = "") -> tuple[ApiKey, str]:
        """Make a key and return it with its secret, which is shown this once and never stored."""
        secret = secret or f"sk-assay-{secrets.token_urlsafe(24)}"
        key = self.create(
            project=project,
            name=name,
            public_key=public_key or f"pk-assay-{secrets.token_hex(8)}",
            secret_hash=hashed(secret),
            secret_hint=secret[-4:],
        )
        return key, secret


class ApiKey(models.Model):
    """A pair of keys: the public one names it, the secret one proves it. Secrets are random and kept as a hash."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=120, blank=True)
    public_key = models.CharField(max_length=80, unique=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    secret_hint = models.CharField(max_length=4)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = KeyQuerySet.as_manager()

    def __str__(self) -> str:
        return self.public_key

    def revoke(self) -> None:
        """End the key; the next request with it is refused."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


def hashed(secret: str) -> str:
    """What is kept of a secret: it is random and long, so a plain digest cannot be guessed back."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
