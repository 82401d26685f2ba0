"""Questions are asked about what the pipeline stored."""

from tests.analytics.pipeline.conftest import forgetful, project, rows, run, words

__all__ = ["forgetful", "project", "rows", "run", "words"]
