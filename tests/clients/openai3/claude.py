"""Anthropic's SDK, which tells its calls by itself, with OpenInference's instrumentation beside it."""

import os

import anthropic
from exporting import end, spans, turn
from openinference.instrumentation.anthropic import AnthropicInstrumentor

AnthropicInstrumentor().instrument(tracer_provider=spans)
model = anthropic.Anthropic(base_url=os.environ["MODEL_URL"].removesuffix("/v1"), api_key="none", max_retries=0)
with turn():
    said = model.messages.create(
        model="claude-sonnet-4-5", max_tokens=100, system="Be kind.",
        messages=[{"role": "user", "content": "Where is my order?"}],
    )  # fmt: skip
print(said.content[0].text)
end()
