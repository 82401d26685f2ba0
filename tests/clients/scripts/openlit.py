"""OpenLIT's SDK with its instrumentation of OpenAI: content on spans, and again in log records."""

import json
import os
import sys
from pathlib import Path

sys.path.pop(0)  # this file is named as the package
os.environ |= {
    "OTEL_EXPORTER_OTLP_ENDPOINT": os.environ["BASE_URL"],
    "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{os.environ['SECRET']}",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
import openai
import openlit
from opentelemetry import trace

prices = Path(os.environ["HOME"]) / "openlit.json"  # else it asks the internet for them
prices.write_text(json.dumps({"chat": {"gpt-4o-mini-2024-07-18": {"promptPrice": 0.001, "completionPrice": 0.002}}}))
openlit.init(application_name="shop", environment="staging", pricing_json=str(prices))
model = openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
who = {"session.id": "sess-42", "user.id": "user-7"}
with trace.get_tracer("shop").start_as_current_span("turn", attributes=who):
    model.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Where is my order?"}])
trace.get_tracer_provider().force_flush()
