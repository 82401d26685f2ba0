"""Runs analysers over labelled sets and keeps what they scored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from analytics.detectors.base import Detector, Unjudged, score_of
from analytics.detectors.peers import PeerGroups
from analytics.detectors.turn import OUTPUT_EMBEDDED, Turn, TurnColumns
from analytics.embedding import Embedder, load
from analytics.evaluate.base import Case, LabelledSet
from analytics.evaluate.measures import Measured, measure
from analytics.offline.scores import scores
from analytics.offline.vectors import BatchVectors
from analytics.scores.base import Score, Scored
from backend.env import env
from backend.registry import discover

_BATCH = 256
_WITH_VECTORS = 600
"""Items of a set that are embedded unless all are asked for; a text costs some 50 ms."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is evaluated.

    Attributes:
        name: of the detector or score.
        version: of it.
        threshold: score from which on it flags.
        needs_vectors: whether its turns have to be embedded.
        score: scores of a batch, None where one could not be judged.
        is_detector: whether false flags on ordinary text are counted.
        needs_peers: whether turns have to come with what is usual among the others of their set.
    """

    name: str
    version: str
    threshold: float
    needs_vectors: bool
    score: Callable[[TurnColumns], list[float | None]]
    is_detector: bool = True
    needs_peers: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What one set says of one subject, and what that cost."""

    set_name: str
    about: str
    subject: Subject
    measured: Measured
    ms: float
    is_ordinary: bool = False


@dataclass(slots=True)
class Evaluation:
    """One run over a folder of data."""

    data: Path
    every_vector: bool = False
    _cases: dict[str, list[Case]] = field(default_factory=dict)
    _scores: dict[tuple[str, str], tuple[list[float | None], float]] = field(default_factory=dict)

    def results(self, only: Sequence[str] = ()) -> Iterator[Result]:
        """Evaluate the subjects, or those named ``only``, on every set that is there."""
        for subject in subjects().values():
            if not only or subject.name in only:
                yield from self._of(subject)

    def _of(self, subject: Subject) -> Iterator[Result]:
        for one in sets().values():
            if subject.name not in one.judges and (one.judges or not subject.is_detector):
                continue
            if not all((self.data / f"{file}.jsonl.gz").is_file() for file in one.files):
                continue
            cases, scores, ms = self._judged(one, subject)
            for name in one.against if one.judges else ():
                if name in sets():
                    more, graded, _ = self._judged(sets()[name], subject)
                    kept = [place for place, case in enumerate(more) if not case.label]
                    cases = [*cases, *(more[place] for place in kept)]
                    scores = [*scores, *(graded[place] for place in kept)]
            if cases:
                labels, groups = [case.label for case in cases], [case.group for case in cases]
                found = measure(scores, labels, subject.threshold, groups)
                about = (one.__doc__ or "").strip().splitlines()[0]
                yield Result(one.name, about, subject, found, ms, not one.judges)

    def _judged(self, one: LabelledSet, subject: Subject) -> tuple[list[Case], list[float | None], float]:
        if one.name not in self._cases:
            self._cases[one.name] = list(one.cases(self.data))
        cases = self._cases[one.name]
        if subject.needs_vectors and not self.every_vector:
            cases = cases[:: max(1, -(-len(cases) // _WITH_VECTORS))]
        key = (one.name, subject.name)
        if key not in self._scores:
            self._scores[key] = self._score(cases, subject)
        scores, ms = self._scores[key]
        return cases, scores, ms

    def _score(self, cases: Sequence[Case], subject: Subject) -> tuple[list[float | None], float]:
        best: list[float | None] = [None] * len(cases)
        flat = [(place, turn) for place, case in enumerate(cases) for turn in case.turns]
        if subject.needs_peers:
            groups = PeerGroups()
            for _, turn in flat:
                groups.add(turn)
            flat = [(place, replace(turn, peers=groups.of(turn))) for place, turn in flat]
        spent = 0.0
        for start in range(0, len(flat), _BATCH):
            part = flat[start : start + _BATCH]
            turns = [turn for _, turn in part]
            columns = TurnColumns.of(_embedded(turns) if subject.needs_vectors else turns)
            began = time.process_time()
            scores = subject.score(columns)
            spent += time.process_time() - began
            for (place, _), score in zip(part, scores, strict=True):
                before = best[place]
                if score is not None and (before is None or score > before):
                    best[place] = score
        return best, 1000 * spent / max(1, len(flat))


def subjects() -> dict[str, Subject]:
    """Detectors and scores by name, at the thresholds they are shipped with."""
    kinds = discover("analytics.detectors", Detector)  # type: ignore[type-abstract]
    return {
        **{name: _detector(kind()) for name, kind in kinds.items()},
        **{name: _score(score) for name, score in scores().items()},
    }


@cache
def sets() -> dict[str, LabelledSet]:
    """Every labelled set by name."""
    found = discover("analytics.evaluate.sets", LabelledSet)  # type: ignore[type-abstract]
    return {name: kind() for name, kind in found.items()}


def _detector(detector: Detector) -> Subject:
    def score(turns: TurnColumns) -> list[float | None]:
        return [None if isinstance(one, Unjudged) else score_of(one) for one in detector.detect(turns)]

    return Subject(
        detector.name,
        detector.version,
        detector.threshold,
        detector.needs_vectors,
        score,
        needs_peers=detector.needs_peers,
    )


def _score(score: Score) -> Subject:
    """A score as a finder of bad answers: what it takes from the full value."""

    def lacks(turns: TurnColumns) -> list[float | None]:
        return [1 - one.value if isinstance(one, Scored) else None for one in score.measure(turns)]

    return Subject(score.name, score.version, 1 - score.low, score.needs_vectors, lacks, is_detector=False)


_vectors: dict[str, BatchVectors] = {}


def _embedded(turns: Sequence[Turn]) -> list[Turn]:
    texts = [text for turn in turns for text in (turn.input_text, turn.output_text[:OUTPUT_EMBEDDED])]
    batch = BatchVectors(_embedder(), texts)
    return [replace(batch.fill(turn)) for turn in turns]


@cache
def _embedder() -> Embedder:
    return load(env().embedding_model)
