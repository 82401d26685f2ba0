"""What people say of alerts; pages and the API do it alike."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from backend.accounts.models import User
from backend.alerts.models import Alert

LONGEST_NOTE: Final = 2000


def answer(
    alert: Alert, by: User | None, now: datetime, *, verdict: str | None = None, note: str | None = None
) -> None:
    """Acknowledge an alert, so that it is not repeated to channels, and keep what is said of it.

    Args:
        alert: brought up to date.
        by: who answers; None is a program. Whoever was first stays named.
        now: when.
        verdict: of ``Alert.Verdict``; empty takes it back, None leaves it.
        note: None leaves it.
    """
    said = {name: value for name, value in (("verdict", verdict), ("note", note)) if value is not None}
    rows = Alert.objects.filter(pk=alert.pk)
    rows.filter(acknowledged_at=None).update(acknowledged_by=by, acknowledged_at=now)
    if said:
        rows.update(**said)
    alert.refresh_from_db(fields=["verdict", "note", "acknowledged_by", "acknowledged_at"])
