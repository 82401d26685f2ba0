from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.projects"
    label = "projects"
