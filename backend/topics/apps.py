from django.apps import AppConfig


class TopicsConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.topics"
    label = "topics"
