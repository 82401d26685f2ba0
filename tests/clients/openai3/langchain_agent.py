"""LangChain with OpenInference's instrumentation: an agent that calls a tool."""

import os

from exporting import end, spans
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.langchain import LangChainInstrumentor
from shop import lookup_order

LangChainInstrumentor().instrument(tracer_provider=spans)
model = ChatOpenAI(model="gpt-4o-mini", base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
agent = create_agent(model, [lookup_order], name="support", system_prompt="Be kind.")
with using_attributes(session_id="sess-42", user_id="user-7"):
    said = agent.invoke({"messages": [{"role": "user", "content": "Where is my order?"}]})
print(said["messages"][-1].content)
end()
