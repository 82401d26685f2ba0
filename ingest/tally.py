"""What came in with each key today: counted in memory, added to the database every two seconds.

A process that is killed loses the counts of its last two seconds; the spans themselves it does not lose.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, date, datetime
from typing import Final

from django.db import DatabaseError, InterfaceError, close_old_connections

from backend.arrivals.counted import MESSAGES, SPANS, Addition, Counted, Outcome
from ingest.keys import Sender

log = logging.getLogger(__name__)

EVERY_S: Final = 2.0
_LONGEST_REASON = 200
_LONGEST_MESSAGE = 500


class Tally:
    """Counts, and knows how much of its quota a key has used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._new: dict[Counted, Addition] = {}
        self._accepted: dict[tuple[int, date], int] = {}
        """By key and day: what the database is known to have, and what was accepted here since."""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="tally", daemon=True)

    def start(self) -> Tally:
        """Begin to bring counts to the database."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Bring what is counted, then end."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def accepted(self, sender: Sender, kind: str, count: int) -> None:
        """Count what is stored, or safe on disk."""
        self._add(sender, Outcome.ACCEPTED, kind, count)

    def rejected(self, sender: Sender, reason: str, count: int) -> None:
        """Count what was left out of a request that was accepted."""
        self._add(sender, Outcome.REJECTED, reason, count)

    def repeated(self, sender: Sender, count: int) -> None:
        """Count spans, of those accepted, that were the same as one that came before."""
        self._add(sender, Outcome.REPEATED, SPANS, count)

    def spooled(self, sender: Sender, count: int) -> None:
        """Count what was accepted while ClickHouse was away, and waits on disk."""
        self._add(sender, Outcome.SPOOLED, "while ClickHouse was away", count)

    def refused(self, sender: Sender, code: str, message: str) -> None:
        """Count a request that was refused, with what its client was told."""
        self._add(sender, Outcome.REFUSED, code, 1, message.replace("\x00", "")[:_LONGEST_MESSAGE])

    def used(self, sender: Sender) -> int:
        """How much was accepted with a key today, by all processes as far as this one knows."""
        today = datetime.now(UTC).date()
        day, used = sender.used
        key = sender.key_id, today
        with self._lock:
            if key not in self._accepted:
                self._accepted[key] = (used if day == today else 0) + _accepted_in(self._new).get(key, 0)
            return self._accepted[key]

    def _add(self, sender: Sender, outcome: str, reason: str, count: int, message: str = "") -> None:
        if not count:
            return
        now = datetime.now(UTC)
        what = Counted(sender.key_id, now.date(), outcome, reason[:_LONGEST_REASON])
        with self._lock:
            _gather(self._new, what, Addition(count, now, message))
            if _is_used(what) and (what.key_id, what.day) in self._accepted:
                self._accepted[what.key_id, what.day] += count

    def flush(self) -> None:
        """Add what is counted to the database; where that does not answer it is kept for the next time."""
        with self._lock:
            bringing, self._new = self._new, {}
            limited = {(what.key_id, what.day) for what in bringing} & self._accepted.keys()
        if not bringing:
            return
        from backend.arrivals.counting import add_counts  # models exist only once Django is set up

        try:
            add_counts(bringing)
        except (DatabaseError, InterfaceError) as fault:
            log.warning("counts of what came in wait for the database: %s", fault)
            with self._lock:
                for what, more in bringing.items():
                    _gather(self._new, what, more)
            return
        self._refresh(limited)

    def _refresh(self, limited: set[tuple[int, date]]) -> None:
        """Learn what other processes accepted with the keys that have a quota, and forget days that are over."""
        from backend.arrivals.models import accepted_on

        today = datetime.now(UTC).date()
        try:
            known = {(key_id, day): accepted_on(key_id, day) for key_id, day in limited if day == today}
        except (DatabaseError, InterfaceError):
            return  # what is known stays good enough until the next time
        with self._lock:
            since = _accepted_in(self._new)
            for key, total in known.items():
                self._accepted[key] = total + since.get(key, 0)
            for key in [key for key in self._accepted if key[1] != today]:
                del self._accepted[key]

    def _follow(self) -> None:
        while not self._closing.wait(EVERY_S):
            close_old_connections()  # this thread's own: nobody else drops one that the database has ended
            self.flush()
        self.flush()


def _gather(counts: dict[Counted, Addition], what: Counted, more: Addition) -> None:
    known = counts.get(what)
    if known is None:
        counts[what] = more
        return
    known.count += more.count
    if more.last_at >= known.last_at:
        known.last_at, known.last_message = more.last_at, more.last_message or known.last_message


def _is_used(what: Counted) -> bool:
    """Whether it counts towards a quota: messages about spans do not, as the spans that they tell of do."""
    return what.outcome == Outcome.ACCEPTED and what.reason != MESSAGES


def _accepted_in(counts: dict[Counted, Addition]) -> dict[tuple[int, date], int]:
    found: dict[tuple[int, date], int] = {}
    for what, more in counts.items():
        if _is_used(what):
            found[what.key_id, what.day] = found.get((what.key_id, what.day), 0) + more.count
    return found
