from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.review"
    label = "review"
