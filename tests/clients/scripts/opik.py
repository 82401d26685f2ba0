"""Opik's SDK: traces, spans and feedback."""

import os
import sys

sys.path.pop(0)  # this file is named as the package
os.environ |= {"OPIK_URL_OVERRIDE": os.environ["BASE_URL"] + "/opik/api", "OPIK_API_KEY": os.environ["SECRET"]}
os.environ |= {"OPIK_WORKSPACE": "default", "OPIK_PROJECT_NAME": "shop", "OPIK_SENTRY_ENABLE": "false"}
import openai
import opik
from opik import opik_context, track
from opik.integrations.openai import track_openai

model = track_openai(openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0))


@track(name="turn")
def turn(question):
    """One exchange."""
    opik_context.update_current_trace(
        thread_id="sess-42", metadata={"user_id": "user-7"}, feedback_scores=[{"name": "thumb", "value": 1.0}]
    )
    ask = [{"role": "user", "content": question}]
    return model.chat.completions.create(model="gpt-4o-mini", messages=ask).choices[0].message.content


turn("Where is my order?")
opik.flush_tracker()
