"""Detectors that compare meanings: they wait for vectors, so that the flags of the others need not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from analytics.detection.chosen import chosen
from analytics.pipeline import judged
from analytics.pipeline.detect import flag
from analytics.pipeline.fill import Review


class Compare:
    """Turns are judged and flagged by what their texts mean."""

    name: ClassVar[str] = "compare"
    follows: ClassVar[str] = "detect"
    window: ClassVar[int] = 50

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Judge the turns of these traces anew; review hears of those whose flags are others than before."""
        known = chosen(project_id)
        mine = [one for one in known if one.detector.needs_vectors and not one.detector.is_remote]
        if not mine:
            return {"turns_judged": 0, "flags": 0}
        running = [one for one in mine if one.is_enabled]
        with_peers = any(one.detector.needs_peers for one in running)
        turns, columns = judged.read(project_id, trace_ids, with_vectors=bool(running), with_peers=with_peers)
        if not turns:
            return {"turns_judged": 0, "flags": 0}
        found = flag(project_id, turns, columns, mine, {one.name for one in known} - {one.name for one in mine})
        review = Review().run(project_id, found.changed) if found.changed else {}
        return {"turns_judged": len(turns), "flags": found.flags, **review, **found.spent}
