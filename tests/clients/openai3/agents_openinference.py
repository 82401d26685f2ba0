"""OpenAI's Agents SDK with OpenInference's instrumentation: an agent that calls a tool."""

import os

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_trace_processors, trace
from exporting import end, spans
from openai import AsyncOpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from shop import lookup_order

set_trace_processors([])
OpenAIAgentsInstrumentor().instrument(tracer_provider=spans)
client = AsyncOpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
model = OpenAIChatCompletionsModel(model="gpt-4o-mini", openai_client=client)
agent = Agent(name="support", instructions="Be kind.", tools=[function_tool(lookup_order)], model=model)
with using_attributes(session_id="sess-42", user_id="user-7"), trace("turn"):
    print(Runner.run_sync(agent, "Where is my order?").final_output)
end()
