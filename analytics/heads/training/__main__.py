"""Trains a head anew: ``python -m analytics.heads.training injection --data DIR``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analytics.heads.training import corpora, documents, obscenity
from analytics.heads.training.corpora import SEED, Example
from analytics.heads.training.fit import fit, write


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a head is made of.

    Attributes:
        files: development files with their licences.
        examples: gives the part to train on.
        strength: inverse weight of the ridge.
        ordinary: share of the calm negatives that must stay below a score of 0.5.
        calm: how the names of their families begin.
        by_document: whether that share is of documents, each with its highest line.
    """

    files: Mapping[str, str]
    examples: Callable[[Path], list[Example]]
    strength: float = 8.0
    ordinary: float = 0.998
    calm: tuple[str, ...] = ("",)
    by_document: bool = False


RECIPES = {
    "injection": Recipe(corpora.INJECTION_FILES, corpora.injection),
    "toxicity": Recipe(obscenity.FILES, obscenity.toxicity, ordinary=0.9993, calm=obscenity.ORDINARY),
    "indirect_injection": Recipe(
        documents.FILES, documents.planted, ordinary=0.99, calm=documents.FOUND, by_document=True
    ),
}


def main() -> None:
    """Train the named head; the file and its manifest are written beside the others."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("head", choices=sorted(RECIPES))
    asked.add_argument("--data", type=Path, required=True, help="Folder of the development data.")
    given = asked.parse_args()
    recipe = RECIPES[given.head]
    examples = recipe.examples(given.data)
    calm = [not one.label and one.family.startswith(recipe.calm) for one in examples]
    labels = [one.label for one in examples]
    names = [one.document for one in examples] if recipe.by_document else None
    head = fit([one.text for one in examples], labels, recipe.strength, recipe.ordinary, calm, names)
    path = write(head, given.head)
    manifest = {
        "seed": SEED,
        "examples": len(examples),
        "positives": sum(one.label for one in examples),
        "files": {
            name: {"licence": licence, "sha256": corpora.digest(given.data, name)}
            for name, licence in recipe.files.items()
        },
    }
    path.with_suffix(".json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"{path.name}: {path.stat().st_size:,} bytes from {len(examples):,} texts")


if __name__ == "__main__":
    main()
