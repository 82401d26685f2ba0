"""The whole product may be started here."""

from tests.running import start  # noqa: F401 - a fixture
