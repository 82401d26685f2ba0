"""Settings from the environment: read once, by name and type, and loud when wrong."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from backend.errors import SettingError


def _setting(default: Any, text: str) -> Any:
    return field(default=default, metadata={"text": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Env:
    """Every setting; the variable is ``ASSAY_`` and the field's name in capitals."""

    home: Path = _setting(Path(".assay"), "Folder for everything Assay keeps when it runs embedded.")
    host: str = _setting("127.0.0.1", "Address the web server listens on.")
    port: int = _setting(8000, "Port the web server listens on.")
    grpc_port: int = _setting(4317, "Port of OTLP over gRPC; 0 turns it off.")
    public_url: str = _setting("", "Address people and SDKs use, when a proxy stands in front.")
    allowed_hosts: str = _setting("", "Further host names to answer to, separated by commas.")
    https: bool = _setting(False, "1 when people reach Assay by https: cookies become secure-only.")
    debug: bool = _setting(False, "1 shows tracebacks in the browser. Never in production.")
    secret_key: str = _setting("", "Key that signs sessions; made and kept in the home folder when empty.")
    database_url: str = _setting("", "Relational database, sqlite:///PATH or postgres://USER:PASSWORD@HOST/NAME.")
    clickhouse_url: str = _setting(
        "", "ClickHouse server, http(s)://USER:PASSWORD@HOST:PORT/DATABASE; embedded when empty."
    )
    clickhouse_cluster: str = _setting("", "Cluster name: turns on replicated and distributed tables.")
    store_port: int = _setting(0, "Loopback port of the embedded store; the web port plus one when 0.")
    store_secret: str = _setting("", "Secret of the embedded store; made and kept in the home folder when empty.")
    broker_url: str = _setting("", "Celery broker, redis://HOST:PORT/N; a folder in the home folder when empty.")
    sample: bool = _setting(True, "0 leaves the sample project out.")
    init_email: str = _setting("", "Address of the first user, made once.")
    init_password: str = _setting("", "Password of the first user; a random one is printed once when empty.")
    init_project: str = _setting("", "Name of the first project, made once.")
    init_public_key: str = _setting("", "Public key of the first project.")
    init_secret_key: str = _setting("", "Secret key of the first project.")
    embedding_model: str = _setting("minilm", "minilm, or a folder with another sentence-transformers model.")
    ingest_body_limit_mib: int = _setting(20, "Largest request body after decompression, in MiB.")
    ingest_attribute_limit: int = _setting(2000, "Most attributes of one span; what is beyond is left out and marked.")
    spool_limit_mib: int = _setting(
        1024, "Most disk space of accepted spans that ClickHouse does not have yet, in MiB."
    )
    attachments_url: str = _setting(
        "",
        "Bucket for attachments, s3://BUCKET/PREFIX?endpoint=URL&region=NAME; a folder in the home folder when empty.",
    )
    store_memory_mib: int = _setting(2048, "Most memory one query of the embedded store may take, in MiB.")
    metrics_token: str = _setting("", "Bearer token that /metrics asks of callers from other machines.")
    smtp_url: str = _setting("", "Mail server for alerts, smtp://USER:PASSWORD@HOST:PORT, or smtps:// for TLS at once.")
    mail_from: str = _setting("assay@localhost", "Address that alerts by e-mail come from.")
    alerts_private_targets: bool = _setting(
        False, "1 lets webhooks of alerts go to plain http and into private networks."
    )
    judge_private_targets: bool = _setting(
        False, "1 lets natural-language judges ask plain http and private networks, such as a model of your own."
    )
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR.")

    @property
    def store_url(self) -> str:
        """Where ClickHouse answers: the server, or the embedded store on loopback."""
        if self.clickhouse_url:
            return self.clickhouse_url
        return f"http://assay:{self.resolved_store_secret}@127.0.0.1:{self.resolved_store_port}/assay"

    @property
    def resolved_store_port(self) -> int:
        """Port of the embedded store."""
        return self.store_port or self.port + 1

    @property
    def resolved_store_secret(self) -> str:
        """Secret that only Assay's own processes know."""
        return self.store_secret or kept_secret(self.home, "store")

    @property
    def resolved_secret_key(self) -> str:
        """Key that signs sessions."""
        return self.secret_key or kept_secret(self.home, "django")

    @property
    def resolved_database_url(self) -> str:
        """Relational database, SQLite in the home folder by default."""
        return self.database_url or f"sqlite:///{self.home / 'assay.sqlite3'}"

    @property
    def resolved_broker_url(self) -> str:
        """Celery broker, a folder in the home folder by default."""
        return self.broker_url or "filesystem://"

    @property
    def base_url(self) -> str:
        """Address that people and SDKs use."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"


def read(environ: Mapping[str, str]) -> Env:
    """Read all settings.

    Raises:
        SettingError: a value does not fit its type, or a variable starts with ASSAY_ and is no setting.
    """
    known = {f"ASSAY_{item.name.upper()}": item for item in fields(Env)}
    unknown = sorted(
        name for name in environ if name.startswith("ASSAY_") and name not in known and name not in _OUTSIDE
    )
    if unknown:
        raise SettingError(f"{', '.join(unknown)}: no such setting; docs/settings.md lists them all")
    values = {item.name: _parse(name, item.default, environ[name]) for name, item in known.items() if environ.get(name)}
    env = Env(**values)
    return Env(**{**values, "home": env.home.expanduser().absolute()})


@cache
def env() -> Env:
    """The settings of this process."""
    return read(os.environ)


def kept_secret(home: Path, name: str) -> str:
    """A random secret of this installation, made at the first call and readable by its owner only."""
    path = home / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(32))
        try:
            os.link(draft, path)  # link, not rename: the first of two racing processes wins for both
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


# Read by tests and benchmarks only.
_OUTSIDE = {
    "ASSAY_SHARED",
    "ASSAY_TEST_AWAY_S",
    "ASSAY_TEST_DATABASE_URL",
    "ASSAY_TEST_CLIENTS",
    "ASSAY_TEST_POSTGRES_URL",
    "ASSAY_TEST_REDIS_URL",
    "ASSAY_SAMPLE_KEY",
}


def _parse(name: str, default: Any, text: str) -> Any:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        if isinstance(default, int):
            return int(text)
    except (KeyError, ValueError):
        wanted = "0 or 1" if isinstance(default, bool) else "a whole number"
        raise SettingError(f"{name} is {text!r}; it must be {wanted}") from None
    return Path(text) if isinstance(default, Path) else text
