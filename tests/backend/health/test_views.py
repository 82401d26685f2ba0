"""Probes learn whether Assay lives and can serve; metrics are for this machine or holders of the token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from backend.env import Env, env
from backend.health import readiness, views
from backend.jobs.models import Stage
from backend.store import writer  # noqa: F401 - its counters are what is looked for
from backend.store.client import Store
from tests.conftest import Cast
from tests.settings import free_port

pytestmark = pytest.mark.django_db
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture(autouse=True)
def looked_at_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier test saw is forgotten."""
    monkeypatch.setattr(readiness, "_seen", (float("-inf"), {}))


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Changes settings for one test."""

    def change(**values: Any) -> Env:
        changed = replace(env(), **values)
        monkeypatch.setattr(views, "env", lambda: changed)
        monkeypatch.setattr(readiness, "env", lambda: changed)
        return changed

    return change


@pytest.fixture
def store_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store at an address where nobody listens."""
    away = Store(f"http://assay:secret@127.0.0.1:{free_port()}/assay")
    monkeypatch.setattr(readiness, "store", lambda: away)
    yield


def test_healthz_asks_nobody(client: Client, store_away: None) -> None:
    """A process without its store still lives: killing it would not bring the store back."""
    assert client.get("/healthz").status_code == 200


def test_readyz_is_200_when_all_answer(client: Client, store: Store) -> None:
    """Each part is named."""
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert {name: check["ok"] for name, check in answer.json()["checks"].items()} == {
        "store": True,
        "database": True,
        "broker": True,
    }


def test_readyz_is_503_with_the_reason_and_no_address(client: Client, store_away: None) -> None:
    """Strangers learn what is away and not where it stands."""
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["store"]["reason"] == "does not answer"
    assert "127.0.0.1" not in answer.content.decode()
    assert "secret" not in answer.content.decode()


def test_readyz_names_a_broker_that_is_away(client: Client, store: Store, settings_of: Any) -> None:
    """Without a broker nothing is analysed, and the look ends in time."""
    settings_of(broker_url=f"redis://127.0.0.1:{free_port()}/0")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    broken = [name for name, check in answer.json()["checks"].items() if not check["ok"]]
    assert broken == ["broker"]
    assert answer.json()["checks"]["broker"]["duration_ms"] < 5000


def test_readyz_looks_once_a_second(client: Client, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of probes is no flood of questions to the store."""
    looks: list[int] = []
    monkeypatch.setattr(readiness, "CHECKS", {"store": lambda: looks.append(1) or ""})
    for _ in range(5):
        client.get("/readyz")
    assert len(looks) == 1


def test_metrics_are_prometheus_text_with_store_and_lag(client: Client, store: Store, cast: Cast) -> None:
    """A stage that has done everything up to an hour ago lags an hour; counters of other rooms are there."""
    Stage.objects.create(project=cast.project, name="turns", position=datetime.now(UTC) - timedelta(hours=1))
    text = client.get("/metrics").content.decode()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["assay_up", "store"] == 1
    assert samples["assay_stage_lag_seconds", "acme", "turns"] == pytest.approx(3600, abs=60)
    assert samples["assay_queue_bytes",] == 0


def test_metrics_without_the_database_say_so(client: Client, store_away: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics are asked for when something is away, so they answer then."""
    monkeypatch.setattr(readiness, "CHECKS", {**readiness.CHECKS, "database": lambda: "does not answer"})
    text = client.get("/metrics").content.decode()
    assert 'assay_up{part="database"} 0.0' in text
    assert 'assay_up{part="store"} 0.0' in text


@pytest.mark.parametrize(
    ("token", "sent", "status"),
    [
        ("", "", 403),
        ("", "Bearer ", 403),
        ("t0ken", "", 403),
        ("t0ken", "Bearer wrong", 403),
        ("t0ken", "Bearer t0ken", 200),
    ],
)
def test_callers_from_elsewhere_need_the_token(
    client: Client, store: Store, settings_of: Any, token: str, sent: str, status: int
) -> None:
    """Without a token in the settings nobody from elsewhere may read, whatever is sent."""
    settings_of(metrics_token=token)
    assert client.get("/metrics", headers={"Authorization": sent}, **ELSEWHERE).status_code == status


def test_behind_a_proxy_loopback_is_nobody(client: Client, store: Store, settings_of: Any) -> None:
    """A proxy on this machine makes all the world look local."""
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403
    settings_of(public_url="https://assay.example.com")
    assert client.get("/metrics").status_code == 403


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_only_read(client: Client, path: str) -> None:
    """Other methods are refused."""
    assert client.post(path).status_code == 405
