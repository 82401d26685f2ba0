"""The stages in their order; a new one is a class with ``name``, ``window`` and ``run``, put in here."""

from __future__ import annotations

from typing import Final

from analytics.pipeline.assemble import Assemble
from analytics.pipeline.assign import Assign
from analytics.pipeline.detect import Detect
from analytics.pipeline.embed import Embed
from analytics.pipeline.fill import Review
from analytics.pipeline.step import Step

STAGES: Final[tuple[Step, ...]] = (Assemble(), Embed(), Assign(), Detect(), Review())
