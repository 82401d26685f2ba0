from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Django's entry to this room."""

    name = "analytics"
