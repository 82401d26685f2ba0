"""Health: how outsiders learn that the processes live and how far they have come."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    """Ties the pulse to Celery's signals, once Celery has set Django up."""

    name = "backend.health"
    label = "health"

    def ready(self) -> None:
        """Listen to Celery."""
        from backend.health import pulse

        pulse.listen()
