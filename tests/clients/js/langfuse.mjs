// Langfuse's JavaScript SDK 5: a call of OpenAI's client that it observes, who asked where, and a score.
import { LangfuseClient } from '@langfuse/client'
import { observeOpenAI } from '@langfuse/openai'
import { LangfuseSpanProcessor } from '@langfuse/otel'
import { propagateAttributes, startActiveObservation } from '@langfuse/tracing'
import { NodeSDK } from '@opentelemetry/sdk-node'
import OpenAI from 'openai'

const { BASE_URL, PUBLIC_KEY, SECRET, MODEL_URL } = process.env
const told = { publicKey: PUBLIC_KEY, secretKey: SECRET, baseUrl: BASE_URL }
const processor = new LangfuseSpanProcessor(told)
const sdk = new NodeSDK({ spanProcessors: [processor], instrumentations: [] })
sdk.start()
const langfuse = new LangfuseClient(told)
const openai = observeOpenAI(new OpenAI({ baseURL: MODEL_URL, apiKey: 'sk-none' }), { generationName: 'answer' })

let traceId
await startActiveObservation('turn', async (root) => {
  traceId = root.traceId
  await propagateAttributes({ userId: 'user-7', sessionId: 'sess-42' }, async () => {
    const answer = await openai.chat.completions.create({
      model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Where is my order?' }],
    })
    console.log(answer.choices[0].message.content)
  })
})
langfuse.score.create({ traceId, name: 'thumb', value: 1, dataType: 'BOOLEAN' })
await langfuse.flush()
await processor.forceFlush()
await sdk.shutdown()
