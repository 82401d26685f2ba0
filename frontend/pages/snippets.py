"""What a newcomer pastes to send the first trace; a browser test runs the Python one as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

_ENVIRONMENT = Template("""\
export OTEL_EXPORTER_OTLP_ENDPOINT="$base"
export OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf"
export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer $secret"
""")

_PYTHON = Template("""\
# pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
import json

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

exporter = OTLPSpanExporter(
    endpoint="$base/v1/traces",
    headers={"Authorization": "Bearer $secret"},
)
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)

question = [{"role": "user", "parts": [{"type": "text", "content": "Where is my order?"}]}]
answer = [{"role": "assistant", "parts": [{"type": "text", "content": "It arrives tomorrow."}]}]

with trace.get_tracer("my-app").start_as_current_span("chat gpt-4o-mini") as span:
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.provider.name", "openai")
    span.set_attribute("gen_ai.request.model", "gpt-4o-mini")
    span.set_attribute("gen_ai.conversation.id", "conversation-1")
    span.set_attribute("gen_ai.input.messages", json.dumps(question))
    span.set_attribute("gen_ai.output.messages", json.dumps(answer))
    span.set_attribute("gen_ai.usage.input_tokens", 12)
    span.set_attribute("gen_ai.usage.output_tokens", 5)

provider.shutdown()
""")

_TYPESCRIPT = Template("""\
// npm install @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto
import { NodeSDK } from "@opentelemetry/sdk-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";

const sdk = new NodeSDK({
  serviceName: "my-app",
  traceExporter: new OTLPTraceExporter({
    url: "$base/v1/traces",
    headers: { Authorization: "Bearer $secret" },
  }),
});
sdk.start();
""")

_CURL = Template("""\
curl -sS "$base/v1/traces" \\
  -H "Authorization: Bearer $secret" \\
  -H "Content-Type: application/json" \\
  -d '{"resourceSpans":[{"scopeSpans":[{"spans":[{
    "traceId":"'"$$(openssl rand -hex 16)"'","spanId":"'"$$(openssl rand -hex 8)"'",
    "name":"chat gpt-4o-mini","kind":3,
    "startTimeUnixNano":"'"$$(date +%s)"'000000000","endTimeUnixNano":"'"$$(date +%s)"'900000000",
    "attributes":[
      {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
      {"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o-mini"}},
      {"key":"gen_ai.input.messages","value":{"stringValue":"[{\\"role\\":\\"user\\",\\"parts\\":[{\\"type\\":\\"text\\",\\"content\\":\\"Hello\\"}]}]"}},
      {"key":"gen_ai.output.messages","value":{"stringValue":"[{\\"role\\":\\"assistant\\",\\"parts\\":[{\\"type\\":\\"text\\",\\"content\\":\\"Hi!\\"}]}]"}}
    ]}]}]}]}'
""")


@dataclass(frozen=True, slots=True)
class Snippet:
    """One way to send.

    Attributes:
        key: names the tab.
        label: on the tab.
        text: what to paste.
        note: when to take it.
    """

    key: str
    label: str
    text: str
    note: str


def snippets(base: str, secret: str) -> list[Snippet]:
    """All ways to send, with address and key filled in."""
    filled = {"base": base, "secret": secret}
    return [
        Snippet("python", "Python", _PYTHON.substitute(filled), "A complete program: run it and a trace arrives."),
        Snippet("typescript", "TypeScript", _TYPESCRIPT.substitute(filled), "Load it before the rest of your service."),
        Snippet(
            "environment",
            "Any OpenTelemetry SDK",
            _ENVIRONMENT.substitute(filled),
            "For a service that is instrumented already: no change of code.",
        ),
        Snippet("curl", "curl", _CURL.substitute(filled), "One request by hand."),
    ]
