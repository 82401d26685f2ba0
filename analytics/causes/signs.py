"""What can be measured of an answered question that points to a cause: features of question, documents and answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from analytics.detectors.turn import OUTPUT_EMBEDDED
from analytics.scores.meaning import vectors
from analytics.scores.relevance import shared
from analytics.scores.retrieval_relevance import Relevance, documents
from analytics.scores.support import Sources, features, stems_of
from analytics.scores.trees import head
from analytics.scores.words import sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector: TypeAlias = NDArray[np.float32]

READ: Final = 4_000

TAKEN: Final = (
    "covered", "covered_plain", "novel_covered", "novel_window", "window_least", "sentence", "pairs", "triples",
    "run_share", "missing_count", "missing_first", "numbers_missing", "names_missing", "negation_differs", "words",
    "source_words", "asked", "asked_found", "personal", "chatty",
)  # fmt: skip
"""Features of support that the cause is read from, too."""


def signs(
    question: str,
    texts: Sequence[str],
    answer: str,
    asked: Vector | None = None,
    told: Vector | None = None,
    results: Sequence[str] = (),
) -> dict[str, float] | None:
    """Measure an answered question with its documents; None where question, documents or answer have no words.

    Args:
        question: what was asked.
        texts: of the documents.
        answer: what came back.
        asked: vector of the question, where it is known.
        told: vector of the answer's beginning, where it is known.
        results: what tools gave back: an answer may rest on it as on documents.
    """
    said = sentences(answer[:READ])
    sources = Sources.of([*texts, *results])
    if not said or not sources.sentences or not question.strip():
        return None
    if asked is None or told is None:
        asked, told = vectors([question[:READ], answer[:OUTPUT_EMBEDDED]])
    graded = documents(question, texts, asked)
    support = features(said, sources, stems_of(question[:READ]))
    best = max(graded, key=lambda one: one.even)
    held = vectors([texts[best.index][best.start : best.end]])[0]
    about = float(asked @ told)
    return {
        **{name: support[name] for name in TAKEN},
        **_retrieved(graded, best),
        "grounded": head("groundedness").probability(support),
        "answer_meaning": about,
        "answer_words": shared(question[:READ], answer[:READ]),
        "answer_document": float(told @ held),
        "answer_against_document": about - best.meaning,
    }


def _retrieved(graded: Sequence[Relevance], best: Relevance) -> dict[str, float]:
    return {
        "document": best.even,
        "document_meaning": best.meaning,
        "document_words": best.words,
        "document_rank": math.log1p(best.index),
        "document_mean": sum(one.even for one in graded) / len(graded),
        "documents": math.log1p(len(graded)),
    }
