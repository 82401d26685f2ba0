"""Names of the stages in their order, for those who only ask how far they have come."""

from __future__ import annotations

from typing import Final

NAMES: Final = ("pair", "assemble", "detect", "review", "embed", "assign", "compare", "score")
FIT: Final = "fit"
"""The stage that finds topics; it follows growth and time, not rows."""
EMERGE: Final = "emerge"
"""The stage that looks for new wants between two fits."""
