from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.api"
    label = "api"
