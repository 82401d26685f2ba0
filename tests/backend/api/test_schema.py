"""The OpenAPI schema is valid and tells of every endpoint."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse
from openapi_spec_validator import validate

from backend.api.urls import urlpatterns


def test_the_schema_is_valid_and_whole(db: None) -> None:
    """Each address of the API stands in it, with an operation id."""
    schema = Client().get(reverse("openapi")).json()
    validate(schema)
    served = {
        str(pattern.pattern).replace("<str:", "{").replace("<int:", "{").replace("<path:", "{").replace(">", "}")
        for pattern in urlpatterns
    }
    assert {path.lstrip("/") for path in schema["paths"]} == (served - {"api/v1/openapi.json"}) | {"v1/events"}
    assert all(operation["operationId"] for path in schema["paths"].values() for operation in path.values())
