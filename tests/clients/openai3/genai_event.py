"""OpenTelemetry's own instrumentation of OpenAI, messages as log records beside spans that have none."""

import os

os.environ |= {
    "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "EVENT_ONLY",
    "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true",
}
import openai
from exporting import end, turn
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

OpenAIInstrumentor().instrument()
model = openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
with turn():
    model.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Where is my order?"}])
end()
