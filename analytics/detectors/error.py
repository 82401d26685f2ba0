"""Turns that failed outright."""

from typing import ClassVar

from analytics.detectors.base import Detector, Finding, Severity, Turn, Unjudged, Verdict


class Error(Detector):
    """The turn ended in an error, by its span's status or by a recorded exception.

    An exception inside a turn whose status is ``ok`` was handled by the application and is not flagged.
    """

    name: ClassVar[str] = "error"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "high"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        failed = turn.status == "error"
        raised = bool(turn.error_type or turn.error_message)
        if turn.status == "ok" or not (failed or raised):
            return None
        if not turn.error_span_id and not turn.output_span_id:
            return Unjudged("no span is named that the error could be cited from")
        return Finding(
            1.0 if failed else 0.9,
            _explain(turn, failed),
            (turn.cite("status"),),
        )


def _explain(turn: Turn, failed: bool) -> str:
    what = f"{turn.error_type} was raised" if turn.error_type else "an error was reported"
    if not turn.error_type and not turn.error_message:
        return "The turn's status is error; no exception or message was recorded."
    how = "The turn's status is error" if failed else "The turn's status is unset"
    answered = "an answer came back all the same" if turn.output_text.strip() else "no answer came back"
    return f"{how}, {what}, and {answered}."
