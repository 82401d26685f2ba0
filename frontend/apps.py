from django.apps import AppConfig


class FrontendConfig(AppConfig):
    """Django's entry to this room."""

    name = "frontend"
