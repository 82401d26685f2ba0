"""Detectors that compare meanings: they wait for vectors, so that the flags of the others need not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from analytics.pipeline import judged
from analytics.pipeline.detect import detectors, flag
from analytics.pipeline.fill import Review


class Compare:
    """Turns are judged and flagged by what their texts mean."""

    name: ClassVar[str] = "compare"
    follows: ClassVar[str] = "detect"
    window: ClassVar[int] = 50

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Judge the turns of these traces anew; review hears of those whose flags are others than before."""
        chosen = [one for one in detectors().values() if one.needs_vectors]
        if not chosen:
            return {"turns_judged": 0, "flags": 0}
        with_peers = any(one.needs_peers for one in chosen)
        turns, columns = judged.read(project_id, trace_ids, with_vectors=True, with_peers=with_peers)
        if not turns:
            return {"turns_judged": 0, "flags": 0}
        found = flag(project_id, turns, columns, chosen)
        review = Review().run(project_id, found.changed) if found.changed else {}
        return {"turns_judged": len(turns), "flags": found.flags, **review, **found.spent}
