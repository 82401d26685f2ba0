from django.apps import AppConfig


class UploadsConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.uploads"
    label = "uploads"
