"""What OpenLIT sends beside OpenTelemetry's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ingest.mapping.values import one_argument
from ingest.vocabularies.base import Convert, Vocabulary


class OpenLit(Vocabulary):
    """OpenLIT: arguments of decorated functions as Python writes them."""

    name = "openlit"
    rank = 3
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {"function.args": ("input_value", one_argument)}
    operations: ClassVar[Mapping[str, str]] = {}
