"""Count in how many texts each stem stands: ``python -m analytics.training.weights_of_words --data DIR``.

Reads openly licensed files without what is held back and writes ``analytics/scores/weights/idf.json``. Stems in fewer
than three texts are left out: they weigh as much as words that were never seen. Texts of one record that repeat
count once, so that a passage under ten claims does not become common.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from analytics.scores.trees import WEIGHTS
from analytics.scores.words import words
from analytics.training.labelled import records

FILES: Final = (
    "rag_attributionbench_dev", "rag_begin_dev", "rag_summedits_dev", "conversations_arena_hard_dev",
    "conversations_taubench_airline_dev", "rag_halueval_general_dev", "topics_banking77_train",
)  # fmt: skip
LEAST: Final = 3
LONGEST: Final = 25


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    counts: Counter[str] = Counter()
    total = 0
    for name in FILES:
        for record in records(data, name):
            for text in dict.fromkeys(_texts(record)):
                total += 1
                counts.update({word.stem for word in words(text)})
    kept = {
        stem: count
        for stem, count in sorted(counts.items())
        if count >= LEAST and not stem[0].isdigit() and len(stem) < LONGEST
    }
    table = json.dumps({"documents": total, "counts": kept}, ensure_ascii=False, separators=(",", ":"))
    (WEIGHTS / "idf.json").write_text(table, encoding="utf-8")
    print(f"{len(kept)} of {len(counts)} stems of {total} texts")


def _texts(record: dict[str, Any]) -> Iterator[str]:
    if record["kind"] == "rag":
        if record["source"] != "summedits":  # one question for all
            yield record["question"]
        yield from (text[:20_000] for text in record["context"])
        yield record["response"]
    elif record["kind"] == "conversation":
        yield from (
            turn["content"] for turn in record["turns"] if turn["role"] in {"user", "assistant"} and turn["content"]
        )
    else:
        yield record["text"]


if __name__ == "__main__":
    main()
