"""The OpenTelemetry SDK with openllmetry's instrumentation of OpenAI."""

import os
import sys

sys.path.pop(0)  # this file is named as a package
import openai
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
headers = {"authorization": f"Bearer {os.environ['SECRET']}"}
provider.add_span_processor(
    BatchSpanProcessor(OTLPSpanExporter(os.environ["BASE_URL"] + "/v1/traces", headers=headers))
)
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)
model = openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
who = {"session.id": "sess-42", "user.id": "user-7"}
with trace.get_tracer("shop").start_as_current_span("turn", attributes=who):
    model.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Where is my order?"}])
provider.shutdown()
