"""Programs that hold a key of the cast's projects."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client

from backend.projects.models import ApiKey, Scope
from tests.conftest import Cast


class Program:
    """A client that speaks JSON with a key."""

    def __init__(self, public_key: str, secret: str) -> None:
        pair = base64.b64encode(f"{public_key}:{secret}".encode()).decode()
        self._client = Client(headers={"authorization": f"Basic {pair}"})

    def ask(self, method: str, path: str, value: Any = None, *, body: str = "", **query: Any) -> Any:
        """The answer; its status stands in ``status_code``. A body in words is sent as it is."""
        body = body if value is None else json.dumps(value)
        address = f"/api/public/{path}"
        return self._client.generic(method, address, body, content_type="application/json", query_params=query or None)

    def told(self, method: str, path: str, value: Any = None, **query: Any) -> Any:
        """What was answered, which must be a success."""
        answer = self.ask(method, path, value, **query)
        assert answer.status_code in {200, 201}, answer.content
        return answer.json()


@pytest.fixture
def program(cast: Cast) -> Program:
    """A program with the key of the project ``acme``."""
    return Program(cast.public_key, cast.secret)


@pytest.fixture
def foreign(cast: Cast) -> Program:
    """A program with the key of another project."""
    key, secret = ApiKey.objects.mint(cast.stranger.memberships.get().project, scopes=[Scope.ADMIN])
    return Program(key.public_key, secret)
