"""Start the embedded store: ``python -m backend.store.embedded --data DIR --port N``."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from backend.errors import AssayError, SettingError
from backend.store.embedded import lock
from backend.store.embedded.config import Config

if TYPE_CHECKING:
    from backend.store.embedded.app import App

log = logging.getLogger("assay.store")

_GRACE_S = 15
_KEEP_ALIVE_S = 600  # longer than any pool of ours keeps an idle connection, so that it is never ours that closes


def main(arguments: list[str]) -> int:
    """Serve until a signal ends it; the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    try:
        config = _config(arguments)
        config.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = lock.take(config.directory)
        shutil.rmtree(config.spool, ignore_errors=True)
        config.spool.mkdir()
        _serve(config)
    except AssayError as problem:
        log.critical("%s", problem)
        return 1
    held.close()
    return 0


def _config(arguments: list[str]) -> Config:
    parser = argparse.ArgumentParser(prog="python -m backend.store.embedded", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory of the data; made when missing")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--database", default="assay", help="database made at the start")
    parser.add_argument("--memory-mib", type=int, default=0, help="cap over all queries; half the machine when 0")
    parser.add_argument("--body-mib", type=int, default=1024, help="largest request body, unpacked")
    parser.add_argument("--no-fsync", action="store_true", help="acknowledge inserts a loss of power may take")
    given = parser.parse_args(arguments)
    secret = os.environ.pop("ASSAY_STORE_SECRET", "")
    if not secret:
        raise SettingError("ASSAY_STORE_SECRET is empty; the store starts only with a secret")
    directory = given.data.expanduser().resolve()
    if "?" in str(directory):
        raise SettingError(f"{directory} has a question mark in its name, which the engine cannot open")
    return Config(
        directory=directory,
        secret=secret,
        host=given.host,
        port=given.port,
        database=given.database,
        memory_mib=given.memory_mib,
        body_mib=given.body_mib,
        fsync=not given.no_fsync,
    )


def _serve(config: Config) -> None:
    # The engine's library of 530 MB is loaded only when all else is right.
    from backend.store.embedded.app import App
    from backend.store.embedded.engine import Engine

    app = App(config, Engine(config))
    log.info("embedded store of %s on http://%s:%s", config.directory, config.host, config.port)
    _Server(
        app,
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            log_config=None,
            access_log=False,
            ws="none",
            server_header=False,
            lifespan="on",
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_GRACE_S,
        ),
    ).run()
    log.info("embedded store ended")


def _is_news(record: logging.LogRecord) -> bool:
    # How an answer is cut off on purpose, when its client left or its query failed half way.
    return "returned without completing response" not in record.getMessage()


class _Server(uvicorn.Server):
    """A server that cancels reading queries at the first signal and waits for the writing ones."""

    def __init__(self, app: App, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the end; a second signal does not wait. The signal is not raised again: ending so is a success."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._app.stop_reading()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
