"""LangSmith's SDK: runs and feedback."""

import os
import sys

sys.path.pop(0)  # this file is named as the package
os.environ |= {"LANGSMITH_ENDPOINT": os.environ["BASE_URL"], "LANGSMITH_API_KEY": os.environ["SECRET"]}
os.environ |= {"LANGSMITH_TRACING": "true", "LANGSMITH_PROJECT": "shop"}
import openai
from langsmith import Client, get_current_run_tree, traceable
from langsmith.wrappers import wrap_openai

client = Client()
model = wrap_openai(openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0))
runs = []


@traceable(name="turn", metadata={"session_id": "sess-42", "user_id": "user-7"})
def turn(question):
    """One exchange."""
    runs.append(get_current_run_tree().id)
    ask = [{"role": "user", "content": question}]
    return model.chat.completions.create(model="gpt-4o-mini", messages=ask).choices[0].message.content


turn("Where is my order?")
client.create_feedback(run_id=runs[0], trace_id=runs[0], key="thumb", score=1.0, comment="good")
client.flush()
