"""OpenAI's Agents SDK with its own exporter: an agent that calls a tool."""

import os

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_trace_processors, trace
from agents.tracing.processors import BackendSpanExporter, BatchTraceProcessor
from openai import AsyncOpenAI
from shop import lookup_order

exporter = BackendSpanExporter(api_key=os.environ["SECRET"], endpoint=os.environ["BASE_URL"] + "/v1/traces/ingest")
sending = BatchTraceProcessor(exporter)
set_trace_processors([sending])
client = AsyncOpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
model = OpenAIChatCompletionsModel(model="gpt-4o-mini", openai_client=client)
agent = Agent(name="support", instructions="Be kind.", tools=[function_tool(lookup_order)], model=model)
with trace("turn", group_id="sess-42", metadata={"user_id": "user-7"}):
    print(Runner.run_sync(agent, "Where is my order?").final_output)
sending.force_flush()
sending.shutdown()
