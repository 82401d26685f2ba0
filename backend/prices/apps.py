from django.apps import AppConfig


class PricesConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.prices"
    label = "prices"
