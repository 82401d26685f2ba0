"""Adding to the counts of what came in."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models import F

from backend.arrivals.counted import Addition, Counted
from backend.arrivals.models import Arrival
from backend.projects.models import ApiKey


@transaction.atomic
def add_counts(additions: Mapping[Counted, Addition]) -> None:
    """Add to the counts, all or nothing; keys that are gone by now are left out."""
    projects = dict(ApiKey.objects.filter(pk__in={what.key_id for what in additions}).values_list("pk", "project_id"))
    # In one order everywhere: two processes that add at once wait for each other in no circle.
    for what, more in sorted(additions.items()):
        if what.key_id in projects:
            _add(projects[what.key_id], what, more)


def _add(project_id: int, what: Counted, more: Addition) -> None:
    if _update(what, more):
        return
    try:
        with transaction.atomic():
            Arrival.objects.create(
                project_id=project_id,
                **what._asdict(),
                count=more.count,
                last_at=more.last_at,
                last_message=more.last_message,
            )
    except IntegrityError:  # another process was the first of the day
        _update(what, more)


def _update(what: Counted, more: Addition) -> int:
    said = {"last_message": more.last_message} if more.last_message else {}
    found = Arrival.objects.filter(**what._asdict())
    return found.update(count=F("count") + more.count, last_at=more.last_at, **said)
