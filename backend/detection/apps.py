from django.apps import AppConfig


class DetectionConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.detection"
    label = "detection"
