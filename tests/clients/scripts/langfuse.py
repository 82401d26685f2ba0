"""Langfuse's SDK 5: tracing, scores, prompts, and an experiment on a dataset."""

import base64
import hashlib
import os
import sys

sys.path.pop(0)  # this file is named as the package
import httpx
from langfuse import Evaluation, get_client, propagate_attributes
from langfuse.openai import OpenAI

os.environ |= {"LANGFUSE_HOST": os.environ["BASE_URL"], "LANGFUSE_BASE_URL": os.environ["BASE_URL"]}
os.environ |= {"LANGFUSE_PUBLIC_KEY": os.environ["PUBLIC_KEY"], "LANGFUSE_SECRET_KEY": os.environ["SECRET"]}
langfuse = get_client()
assert langfuse.auth_check()
model = OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)

langfuse.create_prompt(name="folder/rag", prompt="Answer: {{question}}", labels=["production"], config={"n": 1})
prompt = langfuse.get_prompt("folder/rag")
assert prompt.compile(question="where?") == "Answer: where?"
assert langfuse.get_prompt("missing", fallback="fall back").prompt == "fall back"
langfuse.create_prompt(
    name="chat", type="chat", prompt=[{"role": "system", "content": "Be {{mood}}"}], labels=["production"]
)
assert langfuse.get_prompt("chat", type="chat").compile(mood="kind")[0]["content"] == "Be kind"
langfuse.update_prompt(name="chat", version=1, new_labels=["staging"])

with langfuse.start_as_current_observation(as_type="span", name="turn"):
    with propagate_attributes(user_id="user-7", session_id="sess-42"):
        ask = [{"role": "user", "content": "Where is my order?"}]
        model.chat.completions.create(model="gpt-4o-mini", messages=ask, langfuse_prompt=prompt)
    langfuse.score_current_trace(name="thumb", value=1, data_type="BOOLEAN", comment="good")

picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
media_id = base64.urlsafe_b64encode(hashlib.sha256(picture).digest()).decode()[:22]
sent = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
with langfuse.start_as_current_observation(as_type="span", name="shown") as shown:
    shown.update(input=[{"type": "image_url", "image_url": {"url": sent}}])
langfuse.flush()
medium = langfuse.api.media.get(media_id)
assert (medium.content_type, medium.content_length) == ("image/png", len(picture))
assert httpx.get(medium.url).content == picture

langfuse.create_dataset(name="my set/ä")
for number in range(3):
    langfuse.create_dataset_item(dataset_name="my set/ä", input={"n": number}, expected_output=str(number))
dataset = langfuse.get_dataset("my set/ä", fetch_items_page_size=2)
assert len(dataset.items) == 3


def answered(*, item, **_):
    """The product under test."""
    return str(item.input["n"])


def right(*, output, expected_output, **_):
    """Whether it was right."""
    return Evaluation(name="right", value=float(output == expected_output))


found = dataset.run_experiment(name="first", task=answered, evaluators=[right])
assert [one.evaluations[0].value for one in found.item_results] == [1.0, 1.0, 1.0]
langfuse.flush()
langfuse.shutdown()
