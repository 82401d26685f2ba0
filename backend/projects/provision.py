"""The first user, the first project and the sample project: made once, from the settings."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from backend.accounts.models import User
from backend.env import Env, kept_secret
from backend.errors import SettingError
from backend.projects.models import ApiKey, Membership, Project, Role, Scope, hashed

SAMPLE_SLUG = "sample"
# What a person signs in with where no address was named; no mail is ever sent there.
_FIRST_EMAIL = "owner@localhost"
_FIRST_PROJECT = "My product"
# Secrets are kept as a plain digest, which is safe for long ones only.
_SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What stands now.

    Attributes:
        email: who signs in first.
        password: the one that was made at random just now; empty where it was given or made before.
        project: slug of the first project that is no sample.
        sample: slug of the sample project; empty where there is none.
        notes: what was asked for and not done, in sentences.
    """

    email: str
    password: str
    project: str
    sample: str
    notes: tuple[str, ...]


@transaction.atomic
def provision(env: Env) -> Provisioned:
    """Make what is not there yet; a second run changes nothing.

    Raises:
        SettingError: an ``ASSAY_INIT_`` setting cannot be used.
    """
    _check(env)
    user, password, notes = _first_user(env)
    project = _first_project(env, user)
    if env.init_secret_key:
        notes += _first_key(env, project)
    sample = _sample_project(env, user) if env.sample else Project.objects.filter(is_sample=True).first()
    return Provisioned(user.email, password, project.slug, sample.slug if sample else "", tuple(notes))


def _first_user(env: Env) -> tuple[User, str, list[str]]:
    """The user and the password that was made at random, if one was."""
    wanted = env.init_email.strip().lower()
    found = User.objects.filter(email=wanted).first() if wanted else None
    found = found or User.objects.filter(is_admin=True).order_by("id").first()
    if found:
        refused = [f"{wanted} was not made: ASSAY_INIT_EMAIL names the first user, and there are users already"]
        return found, "", refused if wanted and found.email != wanted else []
    password = env.init_password or secrets.token_urlsafe(12)
    user = User.objects.create_user(wanted or _FIRST_EMAIL, password, is_admin=True)
    return user, "" if env.init_password else password, []


def _first_project(env: Env, owner: User) -> Project:
    """The project of the settings' key or name, also where people renamed it, or the first that is no sample."""
    key = ApiKey.objects.filter(public_key=env.init_public_key).first() if env.init_public_key else None
    if key:
        return key.project
    if env.init_project:
        found = Project.objects.filter(name=env.init_project, is_sample=False).first()
    else:
        found = Project.objects.filter(is_sample=False).order_by("id").first()
    return found or _make_project(env.init_project or _FIRST_PROJECT, owner)


def _first_key(env: Env, project: Project) -> list[str]:
    """Make the key of the settings; a key that people revoked stays revoked."""
    same_secret = ApiKey.objects.filter(secret_hash=hashed(env.init_secret_key)).first()
    same_public = ApiKey.objects.filter(public_key=env.init_public_key).first()
    if same_secret is None and same_public is None:
        # Whoever sets up without a browser has no other key to make keys, prompts and datasets with.
        pair = {"public_key": env.init_public_key, "secret": env.init_secret_key}
        ApiKey.objects.mint(project, "From settings", scopes=[Scope.ADMIN], **pair)
    elif same_secret != same_public:
        return [f"{env.init_public_key} was not changed: keys are made once; revoke it and make another on the pages"]
    return []


def _sample_project(env: Env, owner: User) -> Project:
    """The sample project with the key that its player sends with, kept in the home folder."""
    project = Project.objects.filter(is_sample=True).first()
    if project is None:
        project = _make_project("Sample", owner, slug=SAMPLE_SLUG, is_sample=True)
        for mark in ("sample-began", "sample-played"):
            (env.home / "run" / mark).unlink(missing_ok=True)
    secret = kept_secret(env.home, "sample-key")
    if not ApiKey.objects.filter(secret_hash=hashed(secret)).exists():
        ApiKey.objects.mint(project, "Sample player", secret=secret)
    return project


def _make_project(name: str, owner: User, *, slug: str = "", is_sample: bool = False) -> Project:
    project = Project.objects.create(
        name=name, slug=_free_slug(slug or slugify(name)[:50] or "project"), is_sample=is_sample
    )
    Membership.objects.create(project=project, user=owner, role=Role.OWNER)
    return project


def _free_slug(wanted: str) -> str:
    number, slug = 1, wanted
    while Project.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _check(env: Env) -> None:
    if bool(env.init_public_key) != bool(env.init_secret_key):
        raise SettingError("ASSAY_INIT_PUBLIC_KEY and ASSAY_INIT_SECRET_KEY go together: set both or none")
    if env.init_secret_key and len(env.init_secret_key) < _SHORTEST_SECRET:
        has = len(env.init_secret_key)
        raise SettingError(f"ASSAY_INIT_SECRET_KEY has {has} characters; it must be random, {_SHORTEST_SECRET} or more")
    if env.init_email:
        _valid("ASSAY_INIT_EMAIL", validate_email, env.init_email.strip())
    if env.init_password:
        _valid("ASSAY_INIT_PASSWORD", validate_password, env.init_password)


def _valid(name: str, validate: Callable[[str], None], text: str) -> None:
    try:
        validate(text)
    except ValidationError as fault:
        raise SettingError(f"{name}: {' '.join(fault.messages)}") from fault
