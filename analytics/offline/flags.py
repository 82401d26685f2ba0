"""Verdicts of detectors to lines of ``flags.jsonl``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from analytics.causes.attribute import counts_against
from analytics.detectors.base import Clear, Detector, Finding, Unjudged, Verdict, score_of
from analytics.detectors.turn import Evidence, TurnColumns
from analytics.offline.exchanges import Placed
from analytics.offline.summary import DetectorCount
from analytics.offline.writing import Lines
from analytics.pipeline.detect import judge

NO_ANSWER: Final = "the record has no answer"

Line = dict[str, Any]
Judged = Verdict | Exception


class Flagging:
    """Has detectors look at batches, writes what they say and counts it.

    Attributes:
        counts: one for each detector.
        needs_vectors: whether turns have to come with vectors.
        found: for each turn of the last batch the detectors that flagged it, with what they cite.
        needs_peers: whether they have to come with what is usual among them.
    """

    def __init__(self, detectors: Sequence[Detector], all_scores: bool) -> None:
        self._detectors, self._all_scores = list(detectors), all_scores
        self.counts = [_count(one) for one in detectors]
        self.needs_vectors = any(one.needs_vectors for one in detectors)
        self.found: list[dict[str, tuple[Evidence, ...]]] = []
        self.needs_peers = any(one.needs_peers for one in detectors)

    def look_at(self, batch: Sequence[Placed], turns: TurnColumns, lines: Lines) -> int:
        """Judge a batch of whole records; how many of them were flagged."""
        flagged: set[int] = set()
        self.found = [{} for _ in batch]
        for detector, count in zip(self._detectors, self.counts, strict=True):
            verdicts = [
                _on_what_is_there(one, verdict) for one, verdict in zip(batch, judge(detector, turns), strict=True)
            ]
            graded = list(grades(detector, batch, verdicts))
            count.add(graded, [one for one in verdicts if isinstance(one, Exception)])
            for one, verdict, found in zip(batch, verdicts, self.found, strict=True):
                if isinstance(verdict, Finding):
                    if counts_against(detector.name, verdict.severity or detector.severity):
                        found[detector.name] = verdict.evidence
                    flagged.add(id(one.record))
                    line = _line(detector, one.record.record_id, verdict.score, None, [], verdict)
                    count.show(line, one.passage(verdict.evidence[0]) if verdict.evidence else ("", "", ""))
            for line in graded if self._all_scores else findings(detector, batch, verdicts):
                lines.write(line)
        return len(flagged)


def findings(detector: Detector, placed: Sequence[Placed], verdicts: Sequence[Judged]) -> Iterator[Line]:
    """Give one line for each finding and each source that its evidence came from."""
    for one, verdict in zip(placed, verdicts, strict=True):
        if isinstance(verdict, Finding):
            for source in _sources(verdict):
                cited = [evidence for evidence in verdict.evidence if evidence.source == source]
                part = replace(verdict, evidence=tuple(cited))
                yield _line(detector, one.record.record_id, part.score, source, one.spans(cited), part)


def grades(detector: Detector, placed: Sequence[Placed], verdicts: Sequence[Judged]) -> Iterator[Line]:
    """Give one line for each record, flagged or not: its highest score, with the spans of all that was found."""
    for _, judged in groupby(zip(placed, verdicts, strict=True), key=lambda pair: id(pair[0].record)):
        yield _grade(detector, list(judged))


def _grade(detector: Detector, judged: Sequence[tuple[Placed, Judged]]) -> Line:
    record_id = judged[0][0].record.record_id
    found = [(one, verdict) for one, verdict in judged if isinstance(verdict, Finding)]
    if found:
        _, worst = max(found, key=lambda pair: pair[1].score)
        spans = [span for one, verdict in found for span in one.spans(verdict.evidence)]
        return {**_line(detector, record_id, worst.score, _sources(worst)[0], spans, worst), "flagged": True}
    scored = [(score, verdict) for _, verdict in judged if (score := _score(verdict)) is not None]
    if scored:
        score, verdict = max(scored, key=lambda pair: pair[0])
        spans = [span for one, seen in judged if isinstance(seen, Clear) for span in one.spans(seen.evidence)]
        line = _line(detector, record_id, score, None, spans, verdict)
        return {**line, "flagged": False}
    reason = next((_reason(verdict) for _, verdict in judged), "nothing to judge")
    return {**_line(detector, record_id, None, None, [], None), "flagged": False, "reason": reason}


def _on_what_is_there(one: Placed, verdict: Judged) -> Judged:
    """Hold nothing against an answer that the record does not have."""
    if one.spoken.is_answered or not isinstance(verdict, Finding):
        return verdict
    kept = tuple(cited for cited in verdict.evidence if cited.source != "answer" or cited.field == "tool")
    return replace(verdict, evidence=kept) if kept else Unjudged(NO_ANSWER)


def _sources(finding: Finding) -> list[str]:
    """Where the words came from that a finding cites, in order of mention."""
    return list(dict.fromkeys(evidence.source for evidence in finding.evidence)) or ["answer"]


def _score(verdict: Judged) -> float | None:
    return None if isinstance(verdict, Exception) else score_of(verdict)


def _reason(verdict: Judged) -> str:
    if isinstance(verdict, Unjudged):
        return verdict.reason
    return f"{type(verdict).__name__}: {verdict}"[:300]


def _line(
    detector: Detector, record_id: str, score: float | None, source: str | None, spans: list[Any], verdict: Judged
) -> Line:
    severity = (verdict.severity or detector.severity) if isinstance(verdict, Finding) else None
    return {
        "id": record_id,
        "detector": detector.name,
        "score": None if score is None else round(min(1.0, max(0.0, score)), 6),
        "severity": severity,
        "source": source,
        "spans": spans,
        "explanation": getattr(verdict, "explanation", ""),
    }


def _count(detector: Detector) -> DetectorCount:
    text = (type(detector).__doc__ or "").strip().split("\n", 1)[0]
    return DetectorCount(detector.name, detector.version, detector.severity, text)
