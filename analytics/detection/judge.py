"""Natural-language judges as detectors: each turn is put to the project's endpoint, a few at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ClassVar, Final

from django.db import connection

from analytics.detection.asking import Asked, CouldNotJudge, ask
from analytics.detectors.base import Clear, Detector, Severity, Turn, TurnColumns, Unjudged, Verdict
from backend.detection.endpoint import add_tokens, take_call
from backend.detection.judging import Judging, key_of
from backend.detection.models import JudgeEndpoint

_AT_ONCE: Final = 4
_COUNTING = threading.Lock()
"""One thread at a time counts calls: only the model's answer is worth asking for at once, and SQLite has one writer."""


class JudgeDetector(Detector):
    """What a model was asked to flag, in words."""

    severity: ClassVar[Severity] = "medium"
    is_remote: ClassVar[bool] = True
    judging: ClassVar[Judging]
    project_id: ClassVar[int]

    def detect(self, turns: TurnColumns) -> list[Verdict]:
        """Judge a batch, four turns at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [self.held(verdict) for verdict in pool.map(self._apart, turns)]

    def _apart(self, turn: Turn) -> Verdict:
        try:
            return self.judge(turn)
        finally:
            connection.close()  # each thread of the pool has one of its own

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn; what keeps the model from a verdict is the reason of an unjudged one."""
        if not turn.output_text.strip():
            return Unjudged("the turn has no answer to judge")
        try:
            with _COUNTING:
                endpoint = JudgeEndpoint.objects.filter(project_id=self.project_id, is_enabled=True).first()
            if endpoint is None:
                return Unjudged("could not judge: the project's endpoint is switched off")
            found = ask(asked(endpoint), self.judging, turn)
        except CouldNotJudge as fault:
            return Unjudged(f"could not judge: {fault}")
        if found.verdict == "unsure":
            return Unjudged("could not judge: the model was not sure")
        if found.verdict == "clear":
            return Clear(min(1 - found.confidence, self.threshold - 1e-6))
        at = turn.output_text.find(found.quote) if found.quote.strip() else -1
        place = (at, at + len(found.quote)) if at >= 0 else (0, None)
        said = self.judging.explanation or "The judge flags this"
        return self.grade(found.confidence, f"{said.rstrip('.')}: {found.reason[:300]}", (turn.cite("output", *place),))


def judge_kind(name: str, project_id: int, judging: Judging, model: str) -> type[JudgeDetector]:
    """The kind of detector that a question makes, asked of a model."""
    members = {
        "__doc__": judging.explanation or f"Judged by {model}: {judging.instruction[:120]}",
        "__module__": __name__,
        "name": name,
        "version": judging.version(model),
        "severity": judging.severity,
        "judging": judging,
        "project_id": project_id,
    }
    return type("OwnJudge", (JudgeDetector,), members)


def asked(endpoint: JudgeEndpoint) -> Asked:
    """An endpoint as it is asked, with the day's limits."""
    return Asked(
        base_url=endpoint.base_url,
        model=endpoint.model,
        key=key_of(endpoint.key_variable),
        may_call=partial(_may_call, endpoint),
        used=partial(_used, endpoint),
    )


def _may_call(endpoint: JudgeEndpoint) -> bool:
    with _COUNTING:
        return take_call(endpoint)


def _used(endpoint: JudgeEndpoint, input_tokens: int, output_tokens: int) -> None:
    with _COUNTING:
        add_tokens(endpoint, input_tokens, output_tokens)
