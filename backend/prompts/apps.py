from django.apps import AppConfig


class PromptsConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.prompts"
    label = "prompts"
