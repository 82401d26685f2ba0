"""How refusals of models are found that no weight was fitted on: `python -m tests.evaluations.refusal_models`.

One source of answers is left out of fitting the weights at a time, and its held-back labelled answers are measured; the
rules over words are the same throughout. WildBench's seven models were never fitted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analytics.detectors import refusal_reasons
from analytics.detectors.base import score_of
from analytics.detectors.refusal import Refusal
from analytics.evaluate.base import Case
from analytics.evaluate.measures import measure
from analytics.evaluate.sets.refusals import LabelledRefusals, UnseenModels
from tests.evaluations.refusal_weights import fit
from tests.evaluations.shared import folder

SOURCES = {
    "gptfuzz": ("jailbreak_response_gptfuzz_train", "ChatGPT, Llama 2 and Vicuna under attack"),
    "jailbreakbench": ("jailbreak_jbb_dev", "GPT-3.5, GPT-4, Llama 2 and Vicuna under attack"),
    "hh_rlhf_harmless": ("conversations_hh_assistant_dev", "Anthropic's 52B assistant"),
    "arena_hard": ("conversations_arena_hard_dev", "GPT-3.5, GPT-4 and o3-mini"),
    "taubench_airline": ("conversations_taubench_airline_dev", "GPT-4o as an airline's agent"),
    "halueval_general": ("rag_halueval_general_dev", "ChatGPT"),
}
RAISED = 0.4
"""What the bias is raised by after fitting."""


def main() -> None:
    """Print one line a source and one a model."""
    data = folder()
    if data is None:
        return
    kept = dict(refusal_reasons.WEIGHTS), refusal_reasons.BIAS
    cases = list(LabelledRefusals().cases(data))
    for source, (file, models) in SOURCES.items():
        _refit(data, file)
        _line(f"{source}: {models}", [case for case in cases if case.group == source])
    refusal_reasons.WEIGHTS.update(kept[0])
    refusal_reasons.BIAS = kept[1]  # type: ignore[misc]
    wild = list(UnseenModels().cases(data))
    for model in sorted({case.group for case in wild} - {""}):
        _line(f"wildbench: {model} (against all others' answers)", [one for one in wild if one.group in {"", model}])
    _line("wildbench, all", wild)


def _refit(data: Path, left_out: str) -> None:
    _, _, bias, weights = fit(data, left_out)
    refusal_reasons.WEIGHTS.update(weights)
    refusal_reasons.BIAS = bias + RAISED  # type: ignore[misc]


def _line(name: str, cases: Sequence[Case]) -> None:
    detector = Refusal()
    scores = [score_of(detector.judge(case.turns[0])) for case in cases]
    found = measure(scores, [case.label for case in cases], detector.threshold)
    print(
        f"{name}: {found.positives} refusals and {found.negatives} others, precision {found.precision.value:.3f}, "
        f"recall {found.recall.value:.3f}, F1 {found.f1:.3f}"
    )


if __name__ == "__main__":
    main()
