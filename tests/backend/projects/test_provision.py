"""First user, first project, keys and sample project are made once."""

from __future__ import annotations

import json
import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from backend.accounts.models import User
from backend.env import Env, env
from backend.errors import SettingError
from backend.projects.management.commands import prepare
from backend.projects.models import ApiKey, Membership, Project, Role
from backend.projects.provision import provision
from backend.store.client import Store
from tests.settings import free_port

pytestmark = pytest.mark.django_db

SECRET = "sk-assay-a-long-random-secret"


@pytest.fixture
def plain(tmp_path: Path) -> Env:
    """Settings with nothing asked for."""
    return Env(home=tmp_path)


@pytest.fixture
def asked(tmp_path: Path) -> Env:
    """Settings of a headless installation."""
    return Env(
        home=tmp_path,
        sample=False,
        init_email="Ada@Example.com",
        init_password="a long enough password",
        init_project="Shop",
        init_public_key="pk-assay-shop",
        init_secret_key=SECRET,
    )


def test_without_settings_a_random_password_is_told_once(plain: Env) -> None:
    """The first user may sign in with what was told; the second run tells nothing."""
    first = provision(plain)
    assert len(first.password) >= 16
    assert authenticate(email=first.email, password=first.password) is not None
    assert User.objects.get().is_admin
    second = provision(plain)
    assert second == replace(first, password="")
    assert User.objects.count() == 1


def test_two_installations_have_two_passwords(plain: Env) -> None:
    """There are no default credentials."""
    first = provision(plain)
    User.objects.all().delete()
    assert provision(plain).password != first.password


def test_settings_make_user_project_and_key(asked: Env) -> None:
    """What was asked for is there: the address in lower case, the owner's place, a key that proves itself."""
    made = provision(asked)
    assert (made.email, made.password, made.project, made.sample) == ("ada@example.com", "", "shop", "")
    assert authenticate(email="ada@example.com", password="a long enough password") is not None
    key = ApiKey.objects.by_secret(SECRET)
    assert key is not None
    assert (key.public_key, key.project.name) == ("pk-assay-shop", "Shop")
    assert Membership.objects.get().role == Role.OWNER


def test_a_second_run_changes_nothing(asked: Env) -> None:
    """Also not what people have changed since: a password, a project's name, a revoked key."""
    provision(asked)
    user = User.objects.get()
    user.set_password("what she chose herself")
    user.save()
    ApiKey.objects.get().revoke()
    Project.objects.update(name="Corner shop")
    again = provision(asked)
    assert again.notes == ()
    assert authenticate(email="ada@example.com", password="what she chose herself") is not None
    assert ApiKey.objects.by_secret(SECRET) is None
    assert (User.objects.count(), Project.objects.count(), ApiKey.objects.count()) == (1, 1, 1)


def test_a_first_user_named_too_late_is_refused_in_words(plain: Env, asked: Env) -> None:
    """A setting cannot make a second administrator."""
    provision(plain)
    made = provision(asked)
    assert made.email == "owner@localhost"
    assert "ada@example.com was not made" in made.notes[0]
    assert not User.objects.filter(email="ada@example.com").exists()


def test_a_known_public_key_with_another_secret_is_not_changed(asked: Env) -> None:
    """The note says what to do, and the old secret still works."""
    provision(asked)
    made = provision(replace(asked, init_secret_key="sk-assay-another-random-secret"))
    assert "pk-assay-shop was not changed" in made.notes[0]
    assert ApiKey.objects.by_secret(SECRET) is not None


def test_the_sample_project_has_a_key_that_only_the_owner_of_the_folder_reads(plain: Env) -> None:
    """The player finds the secret in the home folder; the database knows its hash only."""
    made = provision(plain)
    path = plain.home / "secrets" / "sample-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = ApiKey.objects.by_secret(path.read_text())
    assert key is not None
    assert key.project.is_sample
    assert key.project.slug == made.sample == "sample"


def test_a_new_sample_project_is_played_anew(plain: Env) -> None:
    """The mark of an earlier one, such as from a database that was thrown away, does not hold it back."""
    played = plain.home / "run" / "sample-played"
    played.parent.mkdir()
    played.touch()
    provision(plain)
    assert not played.exists()
    played.touch()
    provision(plain)
    assert played.exists()


def test_a_slug_that_is_taken_gets_a_number(plain: Env) -> None:
    """A person's own project called Sample is not mistaken for the sample project."""
    Project.objects.create(name="Sample", slug="sample")
    made = provision(plain)
    assert (made.project, made.sample) == ("sample", "sample-2")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"init_secret_key": ""}, "ASSAY_INIT_PUBLIC_KEY and ASSAY_INIT_SECRET_KEY go together"),
        ({"init_public_key": ""}, "go together"),
        ({"init_secret_key": "short"}, "ASSAY_INIT_SECRET_KEY has 5 characters"),
        ({"init_password": "short"}, "ASSAY_INIT_PASSWORD: This password is too short"),
        ({"init_password": "password1234"}, "ASSAY_INIT_PASSWORD: This password is too common"),
        ({"init_email": "nobody"}, "ASSAY_INIT_EMAIL: Enter a valid email address"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(asked: Env, change: dict[str, str], words: str) -> None:
    """Nothing is made halfway."""
    with pytest.raises(SettingError, match=words):
        provision(replace(asked, **change))
    assert not User.objects.exists()


def test_prepare_tells_the_password_through_the_pipe_only(
    store: Store, plain: Env, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it prints ends in a log; what the supervisor reads does not."""
    monkeypatch.setattr(prepare, "env", lambda: plain)
    reading, writing = os.pipe()
    call_command("prepare", answer_fd=writing)
    with os.fdopen(reading) as answer:
        told = json.load(answer)
    assert authenticate(email=told["email"], password=told["password"]) is not None
    printed = capsys.readouterr()
    assert told["password"] not in printed.out + printed.err
    assert "ClickHouse tables" in printed.out


def test_prepare_says_why_clickhouse_is_away(plain: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens it waits, then ends with the address; the people are made by then."""
    monkeypatch.setattr(prepare, "env", lambda: plain)
    monkeypatch.setattr(prepare, "_STORE_WITHIN_S", 0.3)
    port = free_port()
    monkeypatch.setattr(prepare, "store", lambda: Store(f"http://assay:secret@127.0.0.1:{port}/assay"))
    with pytest.raises(CommandError, match=f"127.0.0.1:{port} does not answer"):
        call_command("prepare")
    assert User.objects.exists()


def test_prepare_does_not_wait_where_the_password_is_wrong(
    store: Store, plain: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waiting cannot mend is said at once."""
    monkeypatch.setattr(prepare, "env", lambda: plain)
    wrong = env().store_url.replace(env().resolved_store_secret, "wrong")
    monkeypatch.setattr(prepare, "store", lambda: Store(wrong))
    started = time.monotonic()
    with pytest.raises(CommandError, match=r"(?i)authentication|password"):
        call_command("prepare")
    assert time.monotonic() - started < 10


def test_prepare_ends_with_one_line_where_a_setting_is_wrong(asked: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting is a message, not a traceback."""
    monkeypatch.setattr(prepare, "env", lambda: replace(asked, init_password="short"))
    with pytest.raises(CommandError, match="ASSAY_INIT_PASSWORD"):
        call_command("prepare")
