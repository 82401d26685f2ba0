// Vercel's AI SDK: its spans in the OpenTelemetry vocabulary, exported as JSON; the chat names who asked where.
import { createOpenAI } from '@ai-sdk/openai'
import { OpenTelemetry } from '@ai-sdk/otel'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { generateText, registerTelemetry } from 'ai'

const { BASE_URL, SECRET, MODEL_URL } = process.env
const exporter = new OTLPTraceExporter({ url: `${BASE_URL}/v1/traces`, headers: { Authorization: `Bearer ${SECRET}` } })
const sdk = new NodeSDK({ traceExporter: exporter, instrumentations: [], serviceName: 'shop' })
sdk.start()
registerTelemetry(new OpenTelemetry({ runtimeContext: true }))

const { text } = await generateText({
  model: createOpenAI({ baseURL: MODEL_URL, apiKey: 'sk-none' }).chat('gpt-4o-mini'),
  prompt: 'Where is my order?',
  runtimeContext: { userId: 'user-7', sessionId: 'sess-42' },
  telemetry: {
    isEnabled: true, functionId: 'ask', recordInputs: true, recordOutputs: true,
    includeRuntimeContext: { userId: true, sessionId: true },
  },
})
console.log(text)
await sdk.shutdown()
