from django.apps import AppConfig


class ArrivalsConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.arrivals"
    label = "arrivals"
