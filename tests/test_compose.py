"""docker-compose.yml and Dockerfile are valid, pinned, without default secrets, and name what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from backend.env import Env, read
from backend.settings import database
from backend.store.client import Store
from backend.supervisor.commands import program

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "assay:local"}
GIVEN = {
    "ASSAY_SECRET_KEY": "x" * 40,
    "ASSAY_INIT_EMAIL": "ada@example.com",
    "ASSAY_INIT_PASSWORD": "a long enough password",
    "POSTGRES_PASSWORD": "postgres1",
    "CLICKHOUSE_PASSWORD": "clickhouse1",
    "REDIS_PASSWORD": "redis1",
}
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}")
_SECRET = re.compile(r"PASSWORD|SECRET")


def _filled(text: str, given: dict[str, str]) -> str:
    """What Compose makes of a text with ${NAME}, ${NAME:-default} and ${NAME:?message}."""

    def value(found: re.Match[str]) -> str:
        if given.get(found[1]):
            return given[found[1]]
        if found[2] == "?":
            raise KeyError(found[1])
        return found[3] or ""

    return _VARIABLE.sub(value, text)


def _settings(service: dict[str, Any]) -> Env:
    return read({name: _filled(value, GIVEN) for name, value in service["environment"].items()})


def test_the_parts_are_there() -> None:
    """Web, worker, beat and the one-shot, with ClickHouse, PostgreSQL and Redis."""
    assert set(SERVICES) == {"prepare", "web", "worker", "beat", "clickhouse", "postgres", "redis"}
    assert set(OURS) == {"prepare", "web", "worker", "beat"}


@pytest.mark.parametrize("name", OURS)
def test_settings_are_ones_that_exist_and_lead_to_the_servers(name: str) -> None:
    """Each service's environment is read as the product reads it: unknown names and wrong types are refused."""
    env = _settings(OURS[name])
    assert database(env.resolved_database_url)["HOST"] in SERVICES
    assert Store(env.store_url)._arguments["host"] in SERVICES
    assert re.search(r"@(\w+):6379", env.broker_url)[1] in SERVICES  # type: ignore[index]
    assert env.host == "0.0.0.0"  # noqa: S104 - inside a container
    assert f":{env.port}" in SERVICES["web"]["ports"][0]


def test_users_and_passwords_are_those_of_the_servers() -> None:
    """What the addresses say is what the servers are started with."""
    env = _settings(OURS["web"])
    theirs = {
        key: _filled(value, GIVEN)
        for name in ("clickhouse", "postgres", "redis")
        for key, value in SERVICES[name]["environment"].items()
    }
    relational = database(env.database_url)
    assert (relational["USER"], relational["PASSWORD"], relational["NAME"]) == (
        theirs["POSTGRES_USER"],
        theirs["POSTGRES_PASSWORD"],
        theirs["POSTGRES_DB"],
    )
    clickhouse = Store(env.clickhouse_url)._arguments
    assert (clickhouse["username"], clickhouse["password"], clickhouse["database"]) == (
        theirs["CLICKHOUSE_USER"],
        theirs["CLICKHOUSE_PASSWORD"],
        theirs["CLICKHOUSE_DB"],
    )
    assert f":{theirs['REDISCLI_AUTH']}@" in env.broker_url


def test_secrets_have_no_default() -> None:
    """Without them Compose refuses to start, naming the one that is missing."""
    for name, kind, default in _VARIABLE.findall(TEXT):
        if _SECRET.search(name) and name != "ASSAY_INIT_SECRET_KEY":
            assert kind == "?", f"{name} must be ${{{name}:?...}}"
        if kind == "-" and name == "ASSAY_INIT_SECRET_KEY":
            assert default == ""
    for name in GIVEN:
        with pytest.raises(KeyError, match=name):
            _filled(TEXT, {**GIVEN, name: ""})


def test_images_are_pinned_to_a_release() -> None:
    """No `latest`, and at least a number with two dots or a patch release."""
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    for image in images:
        assert re.search(r":\d+\.\d+(\.\d+)*(-\w+)*$", image), image
        assert "latest" not in image


@pytest.mark.parametrize("name", OURS)
def test_commands_are_those_of_the_supervisor(name: str) -> None:
    """A container becomes a program that `make up` runs, too, and has as long to end."""
    assert OURS[name]["command"] == ["python", "-m", "backend.supervisor", name]
    wanted = program(_settings(OURS[name]), name)
    if name != "prepare":
        assert int(OURS[name]["stop_grace_period"].removesuffix("s")) >= wanted.grace_s
        assert OURS[name]["healthcheck"]["test"] == ["CMD", "python", "-m", "backend.supervisor", "healthy", name]


def test_nothing_starts_before_what_it_needs() -> None:
    """Servers are healthy, then the stores are prepared, then the rest starts."""
    for name in ("web", "worker", "beat"):
        assert OURS[name]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}
    for name, wanted in OURS["prepare"]["depends_on"].items():
        assert wanted == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[name]
    assert OURS["prepare"]["restart"] == "no"


def test_what_is_kept_is_in_volumes_and_only_web_is_reached_from_outside() -> None:
    """Each server's folder is a named volume that is declared; databases publish no port."""
    for name, service in SERVICES.items():
        kept = [volume.split(":")[0] for volume in service["volumes"] if not volume.startswith(".")]
        assert kept, name
        assert set(kept) <= set(COMPOSE["volumes"])
        assert ("ports" in service) == (name == "web")
    assert SERVICES["web"]["ports"][0].startswith("${PUBLISH:-127.0.0.1:")


def test_the_image_runs_as_a_user_without_rights() -> None:
    """The last USER is not root, its home is its own, and no setting stands in the image but the folder."""
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1] == "assay"
    assert "--uid 10001" in DOCKERFILE
    assert set(re.findall(r"\bASSAY_\w+", DOCKERFILE)) <= {"ASSAY_HOME", "ASSAY_HOST"}
    assert all(service["cap_drop"] == ["ALL"] for service in OURS.values())


def test_the_image_is_made_of_what_there_is() -> None:
    """Each path that is copied exists and reaches the builder."""
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
            assert any(Path(source).match(pattern) for pattern in allowed), source


def test_the_servers_own_logs_have_an_end() -> None:
    """The mounted file is XML and gives each log a time to live."""
    mounted = [volume for volume in SERVICES["clickhouse"]["volumes"] if volume.startswith(".")]
    root = ElementTree.parse(ROOT / mounted[0].split(":")[0]).getroot()  # noqa: S314 - our own file
    assert {log.find("ttl").text for log in root} == {"event_date + INTERVAL 7 DAY DELETE"}  # type: ignore[union-attr]
