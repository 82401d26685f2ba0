"""Django's settings for tests: a home folder, ports and secrets of this run, then the product's own settings.

pytest-django imports this before any conftest, so nothing reads a developer's settings or touches her data.
"""

from __future__ import annotations

import os
import secrets
import socket
import tempfile


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


for name in list(os.environ):
    if name.startswith("ASSAY_") and not name.startswith(("ASSAY_TEST_", "ASSAY_SHARED")):
        del os.environ[name]
os.environ.update(
    ASSAY_HOME=tempfile.mkdtemp(prefix="assay-test-"),
    ASSAY_STORE_PORT=str(free_port()),
    ASSAY_STORE_SECRET=secrets.token_urlsafe(16),
    HF_HUB_OFFLINE="1",
    OMP_NUM_THREADS="1",
    TOKENIZERS_PARALLELISM="false",
)
if os.environ.get("ASSAY_TEST_DATABASE_URL"):
    os.environ["ASSAY_DATABASE_URL"] = os.environ["ASSAY_TEST_DATABASE_URL"]

from backend.settings import *  # noqa: E402, F403 - after the environment stands

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a cast of three signs in at every page's test
