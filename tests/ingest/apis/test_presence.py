"""What SDKs ask before they send: they find a server that lives, knows their key, and says what it takes."""

from __future__ import annotations

import base64
import tomllib
from pathlib import Path

import pytest
from django.test import Client

from backend.projects.models import ApiKey
from backend.store.client import Store
from ingest.apis.presence import VERSION
from tests.conftest import Cast


def _basic(cast: Cast) -> str:
    return "Basic " + base64.b64encode(f"{cast.public_key}:{cast.secret}".encode()).decode()


@pytest.mark.parametrize(
    ("path", "name"),
    [("/api/public/health", "status"), ("/info", "batch_ingest_config"), ("/api/v1/info", "instance_flags"),
     ("/opik/api/is-alive/ping", "healthy"), ("/api/is-alive/ver", "version"), ("/is-alive/ping", "healthy")],
)  # fmt: skip
def test_pings_need_no_key(store: Store, client: Client, path: str, name: str) -> None:
    """They are asked before anything else, some without a key."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert name in answer.json()


def test_the_version_is_that_of_the_project() -> None:
    """SDKs print it in their reports."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_a_key_finds_its_project(cast: Cast, client: Client) -> None:
    """Langfuse's `auth_check` and Logfire's check of its token: only the project of the key is named."""
    told = client.get("/api/public/projects", headers={"authorization": _basic(cast)}).json()
    assert [(one["id"], one["name"]) for one in told["data"]] == [("acme", "Acme")]
    assert client.get("/v1/info", headers={"authorization": cast.secret}).json()["project_name"] == "Acme"


@pytest.mark.parametrize("path", ["/api/public/projects", "/v1/info"])
def test_without_a_usable_key_nothing_is_told(cast: Cast, client: Client, path: str) -> None:
    """No key, a wrong one, another's public key, a revoked one: 401 with the reason; a session is no key."""
    wrong = base64.b64encode(f"pk-other:{cast.secret}".encode()).decode()
    client.force_login(cast.owner)
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": f"Basic {wrong}"}):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 401
        assert "key" in answer.json()["message"]
    ApiKey.objects.get(public_key=cast.public_key).revoke()
    assert client.get(path, headers={"authorization": _basic(cast)}).status_code == 401


def test_a_trace_link_of_langfuse_leads_to_the_trace(client: Client) -> None:
    """The SDK prints `/project/ID/traces/TRACE`."""
    answer = client.get("/project/acme/traces/0af7651916cd43dd8448eb211c80319c")
    assert (answer.status_code, answer["location"]) == (302, "/p/acme/traces/0af7651916cd43dd8448eb211c80319c")


def test_another_method_is_a_405_in_json(client: Client) -> None:
    """And not a page."""
    answer = client.post("/info", {})
    assert (answer.status_code, answer["content-type"]) == (405, "application/json")


def test_mlflow_finds_its_experiment(cast: Cast, client: Client) -> None:
    """Whatever it is called: the key's project is the only one. A key must be there that sends."""
    home = "/api/2.0/mlflow/experiments"
    _, sends = ApiKey.objects.mint(cast.project, scopes=["ingest"])
    headers = {"authorization": f"Bearer {sends}"}
    told = client.get(f"{home}/get-by-name?experiment_name=shop", headers=headers).json()["experiment"]
    assert (told["experiment_id"], told["name"], told["lifecycle_stage"]) == ("1", "shop", "active")
    made = client.post(f"{home}/create", {"name": "shop"}, content_type="application/json", headers=headers)
    assert made.json() == {"experiment_id": "1"}
    empty = client.post(f"{home}/create", {}, content_type="application/json", headers=headers)
    assert empty.status_code == 400
    _, reads = ApiKey.objects.mint(cast.project, scopes=["read"])
    for path in ("get-by-name", "get"):
        assert client.get(f"{home}/{path}").status_code == 401
        assert client.get(f"{home}/{path}", headers={"authorization": f"Bearer {reads}"}).status_code == 403
    unserved = client.get("/api/3.0/mlflow/traces/tr-1", headers=headers)
    assert unserved.status_code == 501
