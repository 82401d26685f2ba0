"""Logfire's SDK, with its instrumentation of OpenAI."""

import os
import sys

sys.path.pop(0)  # this file is named as the package
import logfire
import openai

place = logfire.AdvancedOptions(base_url=os.environ["BASE_URL"])
logfire.configure(
    token=os.environ["SECRET"], service_name="shop", console=False, advanced=place, inspect_arguments=False
)
model = openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
logfire.instrument_openai(model)
with logfire.span("turn"):
    model.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Where is my order?"}])
logfire.shutdown()
