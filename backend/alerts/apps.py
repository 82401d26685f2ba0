from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.alerts"
    label = "alerts"
