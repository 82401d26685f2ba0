"""What tests of the analysis share: turns made from a few words, and the one loaded model."""

import pytest

from analytics.detectors.base import Turn


@pytest.fixture(scope="session")
def make_turn():
    """Make an ordinary turn, changed as the test asks."""

    def make(output="Your parcel arrives on Monday.", **changes):
        usual = {
            "turn_id": "turn-1", "trace_id": "trace-1", "input_text": "Where is my parcel?",
            "output_text": output, "output_span_id": "span-out", "status": "unset", "error_type": "",
            "error_message": "", "error_span_id": "", "finish_reason": "", "output_tokens": 0,
            "max_tokens": 0, "tool_calls": (),
        }  # fmt: skip
        return Turn(**(usual | changes))

    return make


@pytest.fixture(scope="session")
def embedder():
    """The packaged model, loaded once a run."""
    from analytics.embedding import load

    return load("minilm")
