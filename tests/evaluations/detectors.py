"""Measure every detector on the development data and print the tables of docs/detectors.md.

Run: ``python tests/evaluations/detectors.py [--show N]``. One core, about 20 seconds.
"""

import argparse
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from shared import folder, records  # isort: skip - puts the repository on the path

from analytics.detectors.base import Detector, Finding, ToolCall, Turn, TurnColumns, Unjudged
from analytics.statistics.intervals import rate
from backend.registry import discover

BENIGN = {
    "arena-hard, strong models": "conversations_arena_hard_dev",
    "hh-rlhf, 52B assistant": "conversations_hh_assistant_dev",
    "SGD, virtual assistant": "conversations_sgd_assistant_dev",
    "tau-bench airline, support agent": "conversations_taubench_airline_dev",
    "Taskmaster-4 coffee": "conversations_tm4_coffee_dev",
    "ASB, tool agents": "conversations_asb_agents_dev",
}
CUT_MARK = re.compile(r"\.\.\. \(truncated\)$")  # added by the benchmark when it cut an answer for its judge


def turn(output: str, calls: Iterable[ToolCall] = (), question: str = "question") -> Turn:
    """Make a turn that carries no finish reason, as the development data has none."""
    return Turn("t", "t", question, output, "s", "unset", "", "", "", "", 0, 0, list(calls))


def exchanges(data: Path, name: str) -> Iterator[Turn]:
    """Give the user's message and the last answer to it, with the tool calls between."""
    for record in records(data, name):
        question, answer, calls = "", None, []
        for message in [*record["turns"], {"role": "user", "content": ""}]:
            if message["role"] == "user":
                if answer is not None:
                    yield turn(answer, calls, question or "question")
                question, answer, calls = message["content"] or "", None, []
            elif message["role"] == "assistant":
                answer = message["content"] or ""
                calls += [
                    ToolCall(call["name"], str(call["arguments"]), "s") for call in message.get("tool_calls") or []
                ]


def judge(detector: Detector, turns: list[Turn]) -> tuple[list[Turn], int, int]:
    """Give the flagged turns, how many could be judged and how many could not."""
    verdicts = detector.detect(TurnColumns.of(turns))
    flagged = [t for t, v in zip(turns, verdicts, strict=True) if isinstance(v, Finding)]
    unjudged = sum(isinstance(v, Unjudged) for v in verdicts)
    return flagged, len(turns) - unjudged, unjudged


def share(successes: int, n: int) -> str:
    """Print a rate in per cent with its 95 % interval and counts."""
    found = rate(successes, n)
    return f"{found.value:.2%} [{found.low:.2%}, {found.high:.2%}] ({successes}/{n})"


def flags_on_ordinary_answers(data: Path, detectors: dict[str, Detector], show: int) -> None:
    """Print how often each detector fires on answers nobody called degenerate."""
    print("\n### Flags on ordinary answers\n\n| answers |", " | ".join(detectors), "|")
    print("|---|" + "---|" * len(detectors))
    for title, name in BENIGN.items():
        turns = list(exchanges(data, name))
        row = []
        for detector in detectors.values():
            flagged, judged, _ = judge(detector, turns)
            row.append(share(len(flagged), judged) if judged else "nothing to judge")
            for example in flagged[:show]:
                print("   ", detector.name, title, repr(example.output_text[:250]), repr(example.output_text[-150:]))
        print(f"| {title} | {' | '.join(row)} |")


def degenerate(data: Path, detectors: dict[str, Detector], show: int) -> None:
    """Print recall per labelled kind and precision against answers the judge found fine."""
    kinds: dict[str, list[Turn]] = {}
    for record in records(data, "degenerate_wildbench_dev"):
        text = CUT_MARK.sub("", record["text"])
        kinds.setdefault(record["labels"]["degenerate_kind"], []).append(turn(text))
    print("\n### WildBench answers of weak models\n")
    print("| detector | recall on its kind | precision against `ok` | `ok` flagged |")
    print("|---|---|---|---|")
    for name, kind in (("empty", "empty"), ("repetition", "repetition"), ("truncation", "truncated")):
        hits, _, _ = judge(detectors[name], kinds[kind])
        false, judged, _ = judge(detectors[name], kinds["ok"])
        n = len(kinds[kind])
        precision = share(len(hits), len(hits) + len(false))
        print(f"| {name} | {share(len(hits), n)} | {precision} | {share(len(false), judged)} |")
        missed = [t for t in kinds[kind] if t not in hits]
        for example in missed[:show]:
            print("    missed", name, repr(example.output_text[-200:]))


def constructed(data: Path, detector: Detector) -> None:
    """Print recall on loops built from real sentences: 500 of each kind."""
    answers = [t.output_text for t in exchanges(data, BENIGN["arena-hard, strong models"])]
    sentences = [s for a in answers for s in re.findall(r"[A-Z][^.!?\n]{25,90}[.!?]", a)[:3]]
    words = [word for sentence in sentences for word in sentence.split()]
    dice = random.Random(20261123)

    def phrase() -> str:
        return " ".join(dice.choice(sentences).split()[: dice.randint(3, 6)]) + " "

    def noisy() -> str:
        unit = " ".join(dice.sample(sentences, dice.randint(1, 3))).split()
        rounds = [dice.choice(words) if dice.random() < 0.1 else w for _ in range(dice.randint(8, 40)) for w in unit]
        return " ".join(rounds)

    def counter() -> str:
        line = dice.choice(sentences) if dice.random() < 0.5 else phrase()
        return "".join(f"{i}. {line.strip()}\n" for i in range(1, dice.randint(15, 60)))

    kinds: dict[str, Callable[[], str]] = {
        "a phrase 15 to 40 times": lambda: phrase() * dice.randint(15, 40),
        "a sentence 5 to 15 times": lambda: (dice.choice(sentences) + " ") * dice.randint(5, 15),
        "a block of 3 sentences 4 to 8 times": lambda: (
            (" ".join(dice.sample(sentences, 3)) + "\n") * dice.randint(4, 8)
        ),
        "one character 200 times": lambda: dice.choice("aeiou.!-") * 200,
        "a numbered list of one and the same line": counter,
        "a loop with 10 % of its words swapped": noisy,
        "a phrase three times": lambda: phrase() * 3,
    }
    print("\n### Constructed loops after an ordinary opening\n\n| kind | found |\n|---|---|")
    for title, build in kinds.items():
        opened = [dice.choice(answers)[: dice.randint(150, 500)] + "\n\n" + build() for _ in range(500)]
        flagged, judged, _ = judge(detector, [turn(text) for text in opened])
        print(f"| {title} | {share(len(flagged), judged)} |")


def cut_answers(data: Path, detector: Detector) -> None:
    """Print how often the end rule sees that a finished answer was cut at a random word."""
    dice = random.Random(20261123)
    whole = [t.output_text for t in exchanges(data, BENIGN["arena-hard, strong models"]) if len(t.output_text) > 600]
    cut = [text[: dice.randint(300, len(text) - 100)].rsplit(" ", 1)[0] for text in whole]
    flagged, judged, _ = judge(detector, [turn(text) for text in cut])
    print(f"\narena-hard answers cut at a random word: {share(len(flagged), judged)} found")


def refusals(data: Path, detector: Detector) -> None:
    """Print how often answers that resisted a jailbreak are called refusals, a proxy for recall."""
    print("\n### Refusal, by proxy\n\n| answers | called a refusal |\n|---|---|")
    by_label: dict[str, set[str]] = {}
    for record in records(data, "jailbreak_jbb_dev"):
        answer = record["turns"][-1]["content"]
        by_label.setdefault(f"JBB, attack_successful={record['labels']['attack_successful']}", set()).add(answer)
    for record in records(data, "jailbreak_response_gptfuzz_train"):
        label = f"GPTFuzz, jailbroken_response={record['labels']['jailbroken_response']}"
        by_label.setdefault(label, set()).add(record["text"])
    for label, answers in sorted(by_label.items()):
        flagged, judged, _ = judge(detector, [turn(text) for text in sorted(answers)])
        print(f"| {label} | {share(len(flagged), judged)} |")


def labelled_refusals(data: Path, detector: Detector, show: int) -> None:
    """Print precision and recall on answers that were labelled by hand, by reading their first 230 characters."""
    labels: dict[str, bool] = json.loads((Path(__file__).parent / "refusal_labels.json").read_text("utf-8"))
    files = [*BENIGN.values(), "jailbreak_jbb_dev", "jailbreak_response_gptfuzz_train"]
    texts: dict[str, str] = {}
    for record in (record for name in files for record in records(data, name)):
        if "turns" in record:
            texts[record["id"]] = record["turns"][-1]["content"] or ""
            texts |= {f"{record['id']}:{i}": t["content"] or "" for i, t in enumerate(record["turns"])}
        else:
            texts[record["id"]] = record["text"]
    found = {key: isinstance(detector.detect(TurnColumns.of([turn(texts[key])]))[0], Finding) for key in labels}
    true = sum(found[key] and label for key, label in labels.items())
    print(
        f"\nlabelled by hand: precision {share(true, sum(found.values()))}, recall {share(true, sum(labels.values()))}"
    )
    for key in [key for key in labels if labels[key] != found[key]][:show]:
        print("    wrong", "missed" if labels[key] else "flagged", key, repr(texts[key][:250]))


def cost(data: Path, detectors: dict[str, Detector]) -> None:
    """Print milliseconds of CPU a turn, on long answers."""
    turns = list(exchanges(data, BENIGN["arena-hard, strong models"]))
    mean = sum(len(t.output_text) for t in turns) / len(turns)
    print(f"\n### CPU milliseconds a turn, answers of {mean:.0f} characters on average\n\n| detector | ms |\n|---|---|")
    for name, detector in detectors.items():
        start = time.process_time()
        judge(detector, turns)
        print(f"| {name} | {1000 * (time.process_time() - start) / len(turns):.2f} |")


def main(arguments: Any = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=0, help="print so many wrong cases of each kind")
    options = parser.parse_args(arguments)
    data = folder()
    if data is None:
        return
    detectors = {name: plugin() for name, plugin in discover("analytics.detectors", Detector).items()}
    degenerate(data, detectors, options.show)
    constructed(data, detectors["repetition"])
    cut_answers(data, detectors["truncation"])
    refusals(data, detectors["refusal"])
    labelled_refusals(data, detectors["refusal"], options.show)
    flags_on_ordinary_answers(data, detectors, options.show)
    cost(data, detectors)


if __name__ == "__main__":
    main()
