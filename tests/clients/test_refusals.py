"""The real SDKs against refusals: what was not taken is sent again and stored once, what is final is not repeated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend.store.client import Store
from tests.clients.client import chats, play
from tests.clients.gateway import gateway
from tests.clients.model import ANSWER, started
from tests.ingest.conftest import Server, provisioned
from tests.settings import free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow]
REFUSALS = 2
"""As many tries as every client still has one more after."""


@pytest.fixture(scope="module")
def product(migrated_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes what it is sent."""
    server = provisioned(tmp_path_factory.mktemp("taking"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that cannot reach its database of keys, and so refuses all for now."""
    server = provisioned(tmp_path_factory.mktemp("lost"))
    server.environment["ASSAY_DATABASE_URL"] = f"postgres://nobody@127.0.0.1:{free_port()}/none"
    server.start()
    yield server
    server.stop()


@pytest.fixture
def model_url() -> Iterator[str]:
    """The stand-in for a model's provider."""
    model = started()
    yield f"http://127.0.0.1:{model.server_port}/v1"
    model.shutdown()


@pytest.mark.parametrize("client", ["langsmith", "opik", "openinference"])
def test_what_is_refused_for_now_is_sent_again(
    product: Server, lost: Server, store: Store, model_url: str, client: str
) -> None:
    """After two answers of 503 the call is there, once, with its counts."""
    with gateway(product.url, lost.url, REFUSALS) as between:
        play(client, product, model_url, url=between.url)
        (chat,) = chats(store)
    statuses = [status for _, status in between.answers]  # some send from several threads, so in any order
    assert statuses.count(503) == REFUSALS
    assert all(status < 300 or status == 503 for status in statuses), between.answers
    assert (chat.output_text, chat.uncached_input_tokens, chat.cached_input_tokens) == (ANSWER, 56, 64)


@pytest.mark.parametrize("client", ["langsmith", "openinference"])
def test_what_is_final_is_not_sent_again(product: Server, store: Store, model_url: str, client: str) -> None:
    """With a wrong key no request is sent twice."""
    with gateway(product.url, product.url, 0) as between:
        play(client, product, model_url, url=between.url, secret="sk-wrong", well=False)
    assert between.answers
    assert {status for _, status in between.answers} == {401}
    assert max(between.bodies.values()) == 1
