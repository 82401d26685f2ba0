"""What keys may do, how long, and when they were used."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from backend.errors import BadRequest, NotAllowed
from backend.projects import key_changes
from backend.projects.access import require_scope
from backend.projects.models import ApiKey, Scope
from tests.conftest import Cast


@pytest.mark.parametrize("scope", Scope.values)
@pytest.mark.parametrize("scopes", [["ingest"], ["read"], ["admin"], ["ingest", "read"]])
def test_a_key_may_do_what_its_scopes_say(cast: Cast, scopes: list[str], scope: str) -> None:
    """And `admin` may do all; what is refused names the scope that is missing."""
    key, _ = ApiKey.objects.mint(cast.project, scopes=scopes)
    if scope in scopes or "admin" in scopes:
        require_scope(key, scope)
    else:
        with pytest.raises(NotAllowed, match=f"{key.public_key} may .* the scope `{scope}`"):
            require_scope(key, scope)


def test_scopes_are_kept_once_and_in_order(cast: Cast) -> None:
    """However they are given."""
    key, _ = ApiKey.objects.mint(cast.project, scopes=["read", "ingest", "read"])
    assert key.scopes == ["ingest", "read"]
    for wrong in ([], ["write"], ["ingest", ""]):
        with pytest.raises(BadRequest, match="one or more of ingest, read, admin"):
            ApiKey.objects.mint(cast.project, scopes=wrong)


def test_keys_from_before_there_were_scopes_may_do_all(cast: Cast) -> None:
    """An upgrade stops no client."""
    ApiKey.objects.update(scopes=[])
    import_module("backend.projects.migrations.0002_key_scopes").may_all(apps, None)
    key = ApiKey.objects.by_secret(cast.secret)
    assert key is not None
    assert key.allows(Scope.ADMIN)


def test_two_rotations_at_once_make_one_key(cast: Cast) -> None:
    """The second is told, also when it read the key before the first wrote."""
    first, second = (ApiKey.objects.get(public_key=cast.public_key) for _ in range(2))
    first.rotate(timedelta(hours=1))
    with pytest.raises(BadRequest, match="rotated already"):
        second.rotate(timedelta(hours=2))
    assert cast.project.keys.count() == 2


def test_states(cast: Cast) -> None:
    """Good, good with an end, at its end, revoked: revoked wins."""
    key = ApiKey.objects.get(public_key=cast.public_key)
    assert key.state == "usable"
    key.rotate(timedelta(hours=1))
    assert key.state == "ending"
    key.expires_at = timezone.now()
    assert key.state == "expired"
    key.revoke()
    assert key.state == "revoked"


def test_a_use_is_noted_once_a_minute(cast: Cast) -> None:
    """A write for each request would cost more than the request."""
    key = ApiKey.objects.get(public_key=cast.public_key)
    key.note_use()
    key.refresh_from_db()
    used = key.last_used_at
    assert used is not None
    key.note_use()
    key.refresh_from_db()
    assert key.last_used_at == used
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=used - timedelta(minutes=2))
    key.refresh_from_db()
    key.note_use()
    key.refresh_from_db()
    assert key.last_used_at is not None
    assert key.last_used_at >= used


@pytest.mark.django_db(transaction=True)
def test_a_change_is_announced_once_it_is_committed(cast: Cast) -> None:
    """So that web servers forget what they remember of keys."""
    before = key_changes.count()
    key = ApiKey.objects.get(public_key=cast.public_key)
    new, _ = key.rotate(timedelta(hours=1))
    between = key_changes.count()
    assert between > before
    new.revoke()
    assert key_changes.count() > between
