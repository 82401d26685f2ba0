"""Settings are read by name and type, and a wrong one is loud."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from backend.env import kept_secret, read
from backend.errors import SettingError


def test_settings_have_their_types(tmp_path: Path) -> None:
    """Numbers, flags and paths come out as such."""
    env = read({"ASSAY_PORT": "9001", "ASSAY_SAMPLE": "0", "ASSAY_HOME": str(tmp_path)})
    assert (env.port, env.sample, env.home) == (9001, False, tmp_path)
    assert env.resolved_store_port == 9002


def test_an_empty_variable_is_the_default() -> None:
    """Compose files pass unset variables as empty text."""
    assert read({"ASSAY_PORT": ""}).port == 8000


@pytest.mark.parametrize(("name", "value"), [("ASSAY_PORT", "many"), ("ASSAY_SAMPLE", "maybe"), ("ASSAY_PROT", "1")])
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    """The message names the variable, also one that does not exist."""
    with pytest.raises(SettingError, match=name):
        read({name: value})


def test_the_store_is_embedded_until_a_server_is_named(tmp_path: Path) -> None:
    """One setting switches between the two ways to run."""
    embedded = read({"ASSAY_HOME": str(tmp_path), "ASSAY_STORE_SECRET": "s"})
    assert embedded.store_url == "http://assay:s@127.0.0.1:8001/assay"
    server = read({"ASSAY_CLICKHOUSE_URL": "https://u:p@ch:8443/x"})
    assert server.store_url == "https://u:p@ch:8443/x"


def test_a_kept_secret_stays_and_is_private(tmp_path: Path) -> None:
    """It is made once, and only its owner may read it."""
    first = kept_secret(tmp_path, "django")
    assert kept_secret(tmp_path, "django") == first
    assert len(first) >= 32
    mode = (tmp_path / "secrets" / "django").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
