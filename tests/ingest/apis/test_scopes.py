"""What keys of each scope may do at the wire APIs of other tools that Django answers."""

from __future__ import annotations

import pytest
from django.urls import get_resolver
from django.utils import timezone

from backend.projects.models import ApiKey
from ingest.apis import langfuse_datasets, langfuse_prompts, langfuse_runs
from tests.conftest import Cast
from tests.ingest.apis.conftest import Program

READ = [
    "v2/prompts", "v2/prompts/p", "v2/datasets", "v2/datasets/d", "dataset-items", "dataset-items/i",
    "dataset-run-items", "datasets/d/runs", "datasets/d/runs/r",
]  # fmt: skip
CHANGE = [
    ("POST", "v2/prompts"), ("PATCH", "v2/prompts/p/versions/1"), ("DELETE", "v2/prompts/p"),
    ("POST", "v2/datasets"), ("POST", "dataset-items"), ("DELETE", "dataset-items/i"),
    ("DELETE", "datasets/d/runs/r"),
]  # fmt: skip


def _holding(cast: Cast, *scopes: str) -> Program:
    key, secret = ApiKey.objects.mint(cast.project, scopes=scopes)
    return Program(key.public_key, secret)


def test_the_lists_above_name_every_address() -> None:
    """A new one is tried here, too."""
    patterns = [*langfuse_prompts.urlpatterns, *langfuse_datasets.urlpatterns, *langfuse_runs.urlpatterns]
    named = {get_resolver("ingest.urls").resolve(f"/api/public/{path}").route for path in READ}
    named |= {get_resolver("ingest.urls").resolve(f"/api/public/{path}").route for _, path in CHANGE}
    assert named == {str(pattern.pattern) for pattern in patterns}


@pytest.mark.parametrize("path", READ)
def test_a_key_that_only_sends_reads_nothing(cast: Cast, path: str) -> None:
    """One that reads may, whatever it then finds."""
    refused = _holding(cast, "ingest").ask("GET", path)
    assert refused.status_code == 403
    assert "scope `read`" in refused.json()["message"]
    assert _holding(cast, "read").ask("GET", path).status_code in {200, 400, 404}


@pytest.mark.parametrize(("method", "path"), CHANGE)
def test_only_a_key_that_administers_changes_what_people_keep(cast: Cast, method: str, path: str) -> None:
    """Else whoever finds the key of a deployed product could rewrite its prompts."""
    refused = _holding(cast, "ingest", "read").ask(method, path, {})
    assert refused.status_code == 403
    assert "scope `admin`" in refused.json()["message"]
    assert _holding(cast, "admin").ask(method, path, {}).status_code in {200, 201, 204, 400, 404}


def test_what_an_experiment_sends_needs_a_key_that_sends(cast: Cast) -> None:
    """Its run items are sent like its traces."""
    assert _holding(cast, "read").ask("POST", "dataset-run-items", {}).status_code == 403
    assert _holding(cast, "ingest").ask("POST", "dataset-run-items", {}).status_code in {400, 404}


@pytest.mark.parametrize("scope", ["ingest", "read", "admin"])
def test_every_good_key_may_ask_whose_it_is(cast: Cast, scope: str) -> None:
    """SDKs check their key so before they send; it counts as a use."""
    assert _holding(cast, scope).told("GET", "projects")["data"][0]["id"] == "acme"
    assert ApiKey.objects.get(scopes=[scope], name="").last_used_at is not None


def test_a_key_at_its_end_is_refused(cast: Cast, program: Program) -> None:
    """By itself, at the moment that was said."""
    ApiKey.objects.update(expires_at=timezone.now())
    assert program.ask("GET", "projects").status_code == 401
