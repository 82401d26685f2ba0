"""A small set of conversations in topics, with what is told of them, for tests of facets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analytics.questions.scope import Range, Scope, nanoseconds
from backend.store.client import Store
from tests.analytics.pipeline.building import NOON

WEEK = Range(NOON, NOON + timedelta(days=7))
BEFORE = WEEK.start - timedelta(days=6, hours=20)


@dataclass
class Planted:
    """Puts conversations into the store, each with what was found in its turns.

    Attributes:
        fit: of the published fit.
    """

    store: Store
    project: int
    fit: int
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    count: int = 0

    def add(self, many: int, topic: int | None, at: datetime = NOON, *, turns: int = 1, **told: Any) -> list[str]:
        """So many conversations alike; their names.

        Args:
            many: how many.
            topic: of all; None where no fit has placed them yet.
            at: when the first begins.
            turns: of each.
            told: ``user``; of the last turn ``status``, ``flags`` (detectors), ``cause`` (label, value), ``ledger``
                (outcome of looking for a cause; empty for none), ``version`` of it; ``scores`` as rows; ``scored``
                (outcome of measuring satisfaction; empty for none).
        """
        return [self._conversation(topic, at + timedelta(minutes=place), turns, told) for place in range(many)]

    def _conversation(self, topic: int | None, at: datetime, turns: int, told: dict[str, Any]) -> str:
        self.count += 1
        name = f"c{self.count:04}"
        for place in range(turns):
            moment = nanoseconds(at) + place * 10**9
            ids = {"turn_id": f"{name}.{place}", "trace_id": f"{name}-{place}", "conversation_id": name}
            is_last = place == turns - 1
            self.put(
                "turn", **ids, user_id=told.get("user", f"u{self.count}"), start_time=moment, end_time=moment + 10**8,
                status=told.get("status", "ok") if is_last else "ok", version=1,
            )  # fmt: skip
            version, ran = told.get("version", "1"), told.get("ledger", "ran")
            self._ledger(ids["turn_id"], "cause", version, ran, moment)
            self._ledger(ids["turn_id"], "detector:refusal", version, ran, moment)
            self._ledger(ids["turn_id"], "score:satisfaction", "1", told.get("scored", "ran"), moment)
            if is_last:
                self._findings(ids, moment, told)
        if topic is not None:
            self.put("topic_assignment", conversation_id=name, fit_id=self.fit, topic_id=topic, version=1)
        return name

    def _ledger(self, turn_id: str, analyser: str, version: str, outcome: str, moment: int) -> None:
        if outcome:
            self.put(
                "ledger", analyser=analyser, analyser_version=version, subject_id=turn_id, outcome=outcome,
                subject_time=moment, version=1,
            )  # fmt: skip

    def _findings(self, ids: dict[str, str], moment: int, told: dict[str, Any]) -> None:
        for detector in told.get("flags", ()):
            self.put(
                "flag", flag_id=f"{ids['turn_id']}:{detector}", detector=detector, explanation=f"It is {detector}.",
                turn_time=moment, version=1, **ids,
            )  # fmt: skip
        scores = list(told.get("scores", ()))
        if "cause" in told:
            label, value = told["cause"]
            scores.append({"name": "cause", "label": label, "value": value, "explanation": f"Because of {label}."})
        for place, score in enumerate(scores):
            plain = {"label": "", "value": None, "explanation": "", "source": "analyser", "time": moment}
            self.put("score", **{**plain, "score_id": f"{ids['turn_id']}:{place}", "version": 1, **ids, **score})

    def put(self, table: str, **row: Any) -> None:
        """One row of a table."""
        self.rows.setdefault(table, []).append({"project_id": self.project, **row})

    def stored(self) -> Scope:
        """Write it all down; the week that tests ask about."""
        for table, rows in self.rows.items():
            self.store.insert(table, list(rows[0]), [[row[name] for row in rows] for name in rows[0]])
        self.rows = {}
        return Scope(self.project, WEEK)
