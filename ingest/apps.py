from django.apps import AppConfig


class IngestConfig(AppConfig):
    """Django's entry to this room."""

    name = "ingest"
