"""Causes of the sample project's planted faults and good answers: `python -m tests.evaluations.planted_causes`.

Plays a month that neither training nor the product plays, through detectors, scores and causes without a store. Heads
were trained on good and spoiled answers of three of five wants; the others are reported apart. About four CPU-minutes.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
django.setup()

from analytics.causes.attribute import counts_against  # noqa: E402 - models and apps first
from analytics.causes.base import SHOWN, Cause  # noqa: E402
from analytics.detectors.base import Finding  # noqa: E402
from analytics.detectors.catalogue import detectors  # noqa: E402
from analytics.detectors.peers import PeerGroups  # noqa: E402
from analytics.detectors.turn import OUTPUT_EMBEDDED, Document, Exchange, ToolCall, Turn, TurnColumns  # noqa: E402
from analytics.embedding import load  # noqa: E402
from analytics.offline.vectors import BatchVectors  # noqa: E402
from analytics.pipeline.detect import judge  # noqa: E402
from analytics.pipeline.score import caused, measured, scores  # noqa: E402
from analytics.scores.base import Scored  # noqa: E402
from analytics.statistics.intervals import rate  # noqa: E402
from analytics.training.desk import is_held_back  # noqa: E402
from backend.env import env  # noqa: E402
from ingest.sample import script  # noqa: E402
from ingest.sample.plan import plan  # noqa: E402

SEED, NOW = 99, datetime(2026, 11, 20, 23, tzinfo=UTC)
EXPECTED = {
    "retrieval_miss": "retrieval_failed", "bad_prompt": "prompt", "outage": "model_provider", "empty": "model_provider",
    "repetition": "model_provider", "truncation": "model_provider", "tool_loop": "tool",
    "refusal": "policy", "pii_leak": "policy", "document_injection/obeyed": "data", "jailbreak/obeyed": "policy",
}  # fmt: skip
"""Cause of each kind of fault; those that did no harm (an ignored attack, a call that was tried again) have none."""

HARMLESS = {"document_injection/ignored", "jailbreak/ignored", "outage/fallback", "tool_error/",
            "dissatisfaction/unprovoked", "dissatisfaction/after a fault"}  # fmt: skip
BATCH = 256


@dataclass(frozen=True)
class Case:
    """A turn, what was planted in it, and whether its want was held back from training."""

    turn: Turn
    planted: str
    held_back: bool


def cases(conversations: int) -> Iterator[Case]:
    """The turns of a month."""
    for conversation in plan(SEED, NOW, conversations):
        said = [Exchange(turn.ask, turn.answer) for turn in conversation.turns]
        for at, turn in enumerate(conversation.turns):
            fault = turn.faults[0] if turn.faults else None
            planted = f"{fault.kind.value}/{fault.detail}" if fault else ""
            made = replace(_turn(conversation, turn), earlier=said[max(0, at - 3) : at], later=said[at + 1 : at + 4])
            yield Case(made, planted, bool(turn.want) and is_held_back(turn.want))


def _turn(conversation: script.Conversation, turn: script.Turn) -> Turn:
    calls = [step for step in turn.steps if isinstance(step, script.ToolRun)]
    models = [step for step in turn.steps if isinstance(step, script.ModelCall)]
    found = [one for step in turn.steps if isinstance(step, script.Retrieval) for one in step.documents]
    last = models[-1] if models else None
    return Turn(
        turn_id=f"{turn.trace_id}.0", trace_id=turn.trace_id, input_text=turn.ask, output_text=turn.answer,
        output_span_id="s", status="error" if turn.failure else "ok",
        error_type=turn.failure.error_type if turn.failure else "",
        error_message=turn.failure.message if turn.failure else "", error_span_id="s" if turn.failure else "",
        finish_reason=(last.reply.finish_reason or "") if last and last.reply else "",
        output_tokens=last.usage.output_tokens if last else 0, max_tokens=last.max_tokens if last else 0,
        tool_calls=[ToolCall(one.name, one.arguments, "s", one.result, bool(one.failure)) for one in calls],
        system_text=last.request.system[0] if last else "",
        documents=[Document(one.content, one.id, "s") for one in found],
        model=last.request.model.name if last else "", user_id=conversation.user_id,
    )  # fmt: skip


def looked_at(found: Sequence[Case]) -> Iterator[tuple[Case, dict[str, object], Cause | None]]:
    """Each case with its scores and its cause."""
    embedder = load(env().embedding_model)
    peers = PeerGroups()
    for one in found:
        peers.add(one.turn)
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        texts = [text for one in part for text in (one.turn.input_text, one.turn.output_text[:OUTPUT_EMBEDDED])]
        vectors = BatchVectors(embedder, texts)
        turns = [replace(vectors.fill(one.turn), peers=peers.of(one.turn)) for one in part]
        columns = TurnColumns.of(turns)
        flags: list[dict[str, tuple[object, ...]]] = [{} for _ in part]
        for detector in detectors().values():
            for verdict, flagged in zip(judge(detector, columns), flags, strict=True):
                if isinstance(verdict, Finding) and counts_against(
                    detector.name, verdict.severity or detector.severity
                ):
                    flagged[detector.name] = verdict.evidence
        values: list[dict[str, object]] = [{} for _ in part]
        for score in scores().values():
            for value, of_turn in zip(measured(score, columns), values, strict=True):
                of_turn[score.name] = value
        for one, turn, flagged, of_turn in zip(part, turns, flags, values, strict=True):
            cause = caused(turn, flagged, of_turn)
            assert not isinstance(cause, Exception), cause
            yield one, of_turn, cause


def main() -> None:
    """Print how many faults of each kind get their cause, and how many good answers get one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=2_000)
    found = list(looked_at(list(cases(parser.parse_args().conversations))))
    told: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one, _, cause in found:
        told[one.planted][cause.name if cause else "none"] += 1
    right = total = 0
    for planted, causes in sorted(told.items()):
        expected = EXPECTED.get(planted) or (
            EXPECTED.get(planted.partition("/")[0]) if planted not in HARMLESS else None
        )
        count = sum(causes.values())
        if expected and planted not in HARMLESS:
            right, total = right + causes[expected], total + count
            print(
                f"{planted:32} {count:5}  {expected:20} {causes[expected] / count:.2f}  {dict(causes.most_common(4))}"
            )
        else:
            print(f"{planted or 'good':32} {count:5}  {'-':20}       {dict(causes.most_common(8))}")
    print(f"planted faults with their cause: {right} of {total}, {right / total:.3f} {_between(right, total)}")
    for name, chosen in (("wants trained on", False), ("wants held back", True)):
        _good([(of_turn, cause) for one, of_turn, cause in found if not one.planted and one.held_back is chosen], name)
    shown = [(one, cause) for one, _, cause in found if cause and cause.name != "not_enough_evidence" and
             cause.probability >= SHOWN]  # fmt: skip
    good = sum(_expected(one.planted) == cause.name for one, cause in shown)
    print(f"shown as probable: {len(shown)}, right {good / len(shown):.3f} {_between(good, len(shown))}")


def _expected(planted: str) -> str:
    if planted in HARMLESS or not planted:
        return ""
    return EXPECTED.get(planted) or EXPECTED.get(planted.partition("/")[0], "")


def _good(rows: Sequence[tuple[dict[str, object], Cause | None]], name: str) -> None:
    caused_ = sum(cause is not None for _, cause in rows)
    probable = sum(cause is not None and cause.name != "not_enough_evidence" and cause.probability >= SHOWN
                   for _, cause in rows)  # fmt: skip
    grounded = [value for values, _ in rows if isinstance(value := values["groundedness"], Scored)]
    wronged = sum(one.label == "unsupported" for one in grounded)
    print(f"good answers, {name}: {len(rows)}; with a cause {caused_ / len(rows):.4f}, probable:")
    print(f"  {probable / len(rows):.4f}; called unsupported {wronged / max(1, len(grounded)):.4f} of {len(grounded)}")


def _between(successes: int, n: int) -> str:
    found = rate(successes, n)
    return f"[{found.low:.3f}, {found.high:.3f}]"


if __name__ == "__main__":
    main()
