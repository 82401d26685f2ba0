"""What Prometheus reads: the counters that other rooms keep in its registry, and what is looked up when it asks."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.health.readiness import checks
from backend.jobs.models import Stage


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY) + generate_latest(_Now())


class _Now(Collector):
    """Looked up at each question, so that nothing is shown that was true once."""

    def collect(self) -> Iterator[Metric]:
        """What answers, and how far behind each stage of analysis is."""
        seen = checks()
        up = GaugeMetricFamily("assay_up", "1 where it answers, else 0.", labels=["part"])
        for name, check in seen.items():
            up.add_metric([name], float(check.ok))
        yield up
        if seen["database"].ok:
            yield _lag()


def _lag() -> Metric:
    lag = GaugeMetricFamily(
        "assay_stage_lag_seconds",
        "Age of the moment up to which a stage of analysis has done everything.",
        labels=["project", "stage"],
    )
    now = timezone.now()
    for stage in Stage.objects.select_related("project").exclude(position=None):
        assert stage.position is not None  # noqa: S101 - excluded above
        lag.add_metric([stage.project.slug, stage.name], (now - stage.position).total_seconds())
    return lag
