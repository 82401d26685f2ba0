"""Who sent a span: what its resource says."""

from __future__ import annotations

import pytest

from ingest.mapping.compose import source_of


@pytest.mark.parametrize(
    ("told", "service"),
    [
        ({"service.name": "shop", "openinference.project.name": "rag-bot"}, "shop"),
        ({"service.name": "unknown_service:python", "openinference.project.name": "rag-bot"}, "rag-bot"),
        ({"openinference.project.name": "rag-bot"}, "rag-bot"),
        ({"service.name": "unknown_service:python"}, "unknown_service:python"),
        ({"service.name": "unknown_service", "openinference.project.name": ""}, "unknown_service"),
        ({}, None),
    ],
)
def test_a_project_of_phoenix_names_a_service_that_has_no_name(told: dict[str, str], service: str | None) -> None:
    """And nothing of either is lost."""
    found = source_of(told.items(), "openinference.instrumentation.openai", "1", ())
    assert found.fields.get("service_name") == service
    kept = {**found.fields["resource_attributes"], "service": found.fields.get("service_name")}
    assert set(told.values()) <= set(kept.values())
