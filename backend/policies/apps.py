from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """Django's entry to this room."""

    name = "backend.policies"
    label = "policies"
