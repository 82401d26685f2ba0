"""Pydantic AI with its own instrumentation: an agent that calls a tool."""

import os

from exporting import end, spans, turn
from pydantic_ai import Agent
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from shop import lookup_order

model = OpenAIChatModel("gpt-4o-mini", provider=OpenAIProvider(base_url=os.environ["MODEL_URL"], api_key="none"))
told = Instrumentation(InstrumentationSettings(tracer_provider=spans))
agent = Agent(model, name="support", system_prompt="Be kind.", capabilities=[told])
agent.tool_plain(lookup_order)
with turn():
    print(agent.run_sync("Where is my order?", conversation_id="sess-42").output)
end()
