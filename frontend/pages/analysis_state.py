"""How the analysis itself is doing, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analytics.pipeline.backlog import StageState, backlog
from analytics.pipeline.order import FIT
from frontend.templatetags.figures import counted, duration

_WORDS = {
    "pair": ("Calls", "A call that two spans tell counts once, also where they came apart."),
    "assemble": ("Turns", "Spans become exchanges of question and answer."),
    "embed": ("Vectors", "What users said becomes vectors."),
    "assign": ("Topics", "Conversations are put into the topics that stand."),
    "detect": ("Flags", "Detectors look at each new exchange."),
    "review": ("Review", "Flagged answers and a random share enter the queue."),
    "compare": ("Flags by meaning", "Detectors compare what question and answer are about."),
    "score": ("Scores", "Answers are scored, and bad ones get a probable cause."),
    FIT: ("Topic fit", "Topics are found anew when conversations have grown by half or a day has passed."),
}
# A worker looks every few seconds; what waits longer than this waits for a reason.
_CALM_S = 30.0


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage as the page shows it; ``behind`` are the traces that it has not seen and should have."""

    name: str
    label: str
    text: str
    state: str
    tone: str
    last_run: datetime | None
    error: str
    behind: int


def stage_lines(project_id: int) -> list[StageLine]:
    """All stages of a project in their order."""
    return [_line(stage) for stage in backlog(project_id).stages]


def _line(stage: StageState) -> StageLine:
    label, text = _WORDS.get(stage.name, (stage.name, ""))
    state, tone = _state(stage)
    behind = stage.waiting if stage.lag_s > _CALM_S else 0
    return StageLine(stage.name, label, text, state, tone, stage.last_run, stage.error, behind)


def _state(stage: StageState) -> tuple[str, str]:
    if stage.error:
        return ("failed, is tried again" if stage.failed else "some could not be analysed"), "error"
    if stage.waiting and stage.lag_s > _CALM_S:
        return f"{counted(stage.waiting, 'trace,traces')} waiting for {duration(stage.lag_s * 1000)}", "warn"
    if stage.waiting or stage.running:
        return (f"working, {counted(stage.waiting, 'trace,traces')} to go" if stage.waiting else "working"), "info"
    if stage.last_run is None:
        return "has not run yet", "neutral"
    return "up to date", "ok"
