from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.datasets"
    label = "datasets"
