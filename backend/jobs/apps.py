from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.jobs"
    label = "jobs"
