from django.apps import AppConfig


class ReplaysConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.replays"
    label = "replays"
