"""Reads a file batch by batch, has every analyser look at each turn, and writes what they say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Final

from analytics.detectors.catalogue import detectors
from analytics.detectors.peers import PeerGroups
from analytics.detectors.turn import OUTPUT_EMBEDDED, TurnColumns
from analytics.embedding import Embedder, load
from analytics.offline.causes import Causes
from analytics.offline.exchanges import Placed, placed
from analytics.offline.flags import Flagging
from analytics.offline.record import OtherKind, Record, record_of
from analytics.offline.scores import Scoring, scores
from analytics.offline.summary import Summary
from analytics.offline.topics import Topics, TopicShelf
from analytics.offline.vectors import BatchVectors
from analytics.offline.writing import Lines
from backend.env import env
from backend.errors import BadRequest
from ingest.imports.reading import lines

BATCH_TURNS: Final = 256
_BATCH_BYTES: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do with a file.

    Attributes:
        as_answer: whether records of kind ``text`` are answers.
        all_scores: whether each detector writes a line for each record, flagged or not.
        only: parts (``flags``, ``scores``, ``causes``, ``topics``) and names of analysers that run; all where empty.
    """

    as_answer: bool = False
    all_scores: bool = False
    only: frozenset[str] = field(default_factory=frozenset)

    def takes(self, part: str, name: str = "") -> bool:
        """Whether an analyser of a part is to run."""
        return not self.only or part in self.only or bool(name and name in self.only)


def known_names() -> frozenset[str]:
    """Everything that a run can be narrowed to."""
    return frozenset({"flags", "scores", "causes", "topics", *detectors(), *scores()})


Tell = Callable[[str], None]


class Analysis:
    """One run over one file."""

    def __init__(self, file: Path, out: Path, choice: Choice) -> None:
        self._file, self._out, self._choice = file, out, choice
        self._flagging = Flagging(
            [one for one in detectors().values() if choice.takes("flags", one.name)], choice.all_scores
        )
        self._scoring = Scoring(
            [one for one in scores().values() if choice.takes("scores", one.name)], choice.all_scores
        )
        self._causes = Causes(choice.all_scores) if choice.takes("causes") else None
        self.summary = Summary(file.name, detectors=self._flagging.counts, scores=self._scoring.counts)
        self._needs_vectors = self._flagging.needs_vectors or self._scoring.needs_vectors
        self._embedder: Embedder | None = None
        if self._needs_vectors or choice.takes("topics"):
            self._embedder = load(env().embedding_model)

    def run(self, tell: Tell) -> tuple[Summary, Topics]:
        """Analyse the file; what cannot be read is noted and passed over.

        Args:
            tell: is called now and then with how far it is.

        Raises:
            BadRequest: the file is damaged; nothing is written then.
        """
        began, spent = time.monotonic(), time.process_time()
        with ExitStack() as opened:
            self._flags = opened.enter_context(Lines(self._out / "flags.jsonl"))
            self._scores = opened.enter_context(Lines(self._out / "scores.jsonl"))
            self._cause_lines = opened.enter_context(Lines(self._out / "causes.jsonl"))
            assignments = opened.enter_context(Lines(self._out / "assignments.jsonl"))
            topic_lines = opened.enter_context(Lines(self._out / "topics.jsonl"))
            self._shelf = opened.enter_context(TopicShelf(self._embedder)) if self._embedder else None
            self._peers = self._usual(tell) if self._flagging.needs_peers else None
            for batch, share in self._batches():
                self._look_at(batch)
                tell(f"{share:4.0%}  {self.summary.records:,} records, {self.summary.bad_count:,} bad lines")
            tell("finding topics" if self._shelf else "")
            topics = self._topics(assignments)
            for line in topics.lines:
                topic_lines.write(line)
        self.summary.seconds = time.monotonic() - began
        self.summary.cpu_seconds = time.process_time() - spent
        return self.summary, topics

    def _usual(self, tell: Tell) -> PeerGroups:
        """Read the file once ahead: what is unusual shows only beside all others."""
        tell("reading what is usual")
        groups = PeerGroups()
        for number, line, _ in lines(self._file):
            try:
                record = record_of(line, number, as_answer=self._choice.as_answer) if line.strip() else None
            except BadRequest:  # the second reading tells of it
                continue
            for one in placed(record) if record else ():
                groups.add(one.turn)
        return groups

    def _batches(self) -> Iterator[tuple[list[Placed], float]]:
        batch: list[Placed] = []
        size, share = 0, 0.0
        for number, line, share in lines(self._file):
            self.summary.lines = number
            if not line.strip() or (record := self._record(number, line)) is None:
                continue
            batch.extend(placed(record))
            size += len(line)
            if len(batch) >= BATCH_TURNS or size >= _BATCH_BYTES:
                yield batch, share
                batch, size = [], 0
        yield batch, 1.0

    def _record(self, number: int, line: bytes) -> Record | None:
        try:
            record = record_of(line, number, as_answer=self._choice.as_answer)
        except OtherKind as other:
            self.summary.others[other.kind] += 1
            return None
        except BadRequest as fault:
            self.summary.spoil(number, str(fault))
            return None
        self.summary.records += 1
        self.summary.kinds[record.kind] += 1
        return record

    def _look_at(self, batch: Sequence[Placed]) -> None:
        if not batch:
            return
        self.summary.turns += len(batch)
        vectors = self._vectors(batch)
        if vectors and self._needs_vectors:
            batch = [replace(one, turn=vectors.fill(one.turn)) for one in batch]
        if peers := self._peers:
            batch = [replace(one, turn=replace(one.turn, peers=peers.of(one.turn))) for one in batch]
        turns = TurnColumns.of([one.turn for one in batch])
        self.summary.flagged += self._flagging.look_at(batch, turns, self._flags)
        values = self._scoring.look_at(batch, turns, self._scores)
        if self._causes:
            self._causes.look_at(batch, self._flagging.found, values, self._cause_lines)
            self.summary.causes = self._causes.counts
        if vectors and self._shelf and self._choice.takes("topics"):
            for record, texts in _said(batch):
                self._shelf.add(record.record_id, record.user_id, vectors.mean(texts), texts)

    def _vectors(self, batch: Sequence[Placed]) -> BatchVectors | None:
        if self._embedder is None:
            return None
        texts = [one.turn.input_text for one in batch]
        if self._needs_vectors:
            texts += [one.turn.output_text[:OUTPUT_EMBEDDED] for one in batch]
        return BatchVectors(self._embedder, texts)

    def _topics(self, assignments: Lines) -> Topics:
        if self._shelf is None or not self._choice.takes("topics"):
            return Topics((), "", 0, 0, was_asked=False)
        return self._shelf.find(assignments)


def _said(batch: Sequence[Placed]) -> Iterator[tuple[Record, list[str]]]:
    """Records with what their users said, in order."""
    for _, group in groupby(batch, key=lambda one: id(one.record)):
        turns = list(group)
        yield turns[0].record, [text for one in turns if (text := one.turn.input_text).strip()]
