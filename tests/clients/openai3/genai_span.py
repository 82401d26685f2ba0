"""OpenTelemetry's own instrumentation of OpenAI, messages as attributes of spans."""

import os

os.environ |= {
    "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY",
    "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "false",
}
import openai
from exporting import end, turn
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

OpenAIInstrumentor().instrument()
model = openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
with turn():
    model.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Where is my order?"}])
end()
