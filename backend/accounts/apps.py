from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.accounts"
    label = "accounts"
