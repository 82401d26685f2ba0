"""The stages in the order they have their turn: flags take seconds, so they do not wait for vectors.

A new one is a class with ``name``, ``follows``, ``window`` and ``run``, put in here and in ``order``.
"""

from __future__ import annotations

from typing import Final

from analytics.pipeline.assemble import Assemble
from analytics.pipeline.assign import Assign
from analytics.pipeline.compare import Compare
from analytics.pipeline.detect import Detect
from analytics.pipeline.embed import Embed
from analytics.pipeline.fill import Review
from analytics.pipeline.pair import Pair
from analytics.pipeline.score import ScoreTurns
from analytics.pipeline.step import Step

STAGES: Final[tuple[Step, ...]] = (Pair(), Assemble(), Detect(), Review(), Embed(), Assign(), Compare(), ScoreTurns())
