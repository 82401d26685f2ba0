from django.apps import AppConfig


class FileAddressesConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.uploads"
    label = "uploads"
